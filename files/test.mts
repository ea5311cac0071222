/** `helm test`: from inside the cluster, through the front door, the page is served and every service that answers somebody answers. */
const front = process.env.FRONT_DOOR ?? '';
const operators = process.env.OPERATORS ?? '';

interface Check {
  what: string;
  url: string;
  init?: RequestInit;
  status?: number;
  holds: (body: string) => boolean;
}

/** What a new pod may reach is known a moment after it has begun. */
const connected = async (url: string, init: RequestInit): Promise<Response> => {
  for (let attempt = 1; ; attempt++) {
    try {
      return await fetch(url, init);
    } catch (error) {
      if (attempt === 10) throw error;
      console.log(`again in 1 s: ${url} ${String(error)}`);
      await new Promise((resolve) => setTimeout(resolve, 1000));
    }
  }
};

const check = async ({ what, url, init = {}, status = 200, holds }: Check): Promise<string> => {
  const response = await connected(url, init);
  const body = await response.text();
  const ok = response.status === status && holds(body);
  console.log(`${ok ? 'ok' : 'FAILED'}  ${what}: ${init.method ?? 'GET'} ${url} ${String(response.status)}`);
  if (!ok) process.exitCode = 1;
  return body;
};
const json = (body: string) => JSON.parse(body) as Record<string, unknown>;
const has = (key: string) => (body: string) => key in json(body);

if (process.env.PAGE === 'true')
  await check({ what: 'web serves the page', url: `${front}/`, holds: (body) => body.includes('<html') });
await check({ what: 'the gateway answers', url: `${front}/api/health`, holds: has('uptime') });
await check({ what: 'the API describes itself', url: `${front}/api/openapi.json`, holds: has('paths') });
const session = await check({
  what: 'a guest signs in',
  url: `${front}/api/auth/guest`,
  init: { method: 'POST' },
  status: 201,
  holds: has('accessToken'),
});
const init = { headers: { authorization: `Bearer ${String(json(session).accessToken)}` } };
await check({ what: 'game knows its matches', url: `${front}/api/matches`, init, holds: has('items') });
await check({ what: 'wallet knows its balance', url: `${front}/api/wallet`, init, holds: has('balance') });
await check({ what: 'inventory knows its items', url: `${front}/api/inventory`, init, holds: has('items') });
await check({
  what: 'marketplace knows what is for sale',
  url: `${front}/api/marketplace/listings`,
  init,
  holds: has('items'),
});
await check({
  what: 'leaderboard knows the first hundred',
  url: `${front}/api/leaderboard/top100`,
  holds: has('entries'),
});
await check({
  what: 'notification takes live connections',
  url: `${front}/notifications/socket.io/?EIO=4&transport=polling`,
  holds: (body) => body.includes('"sid"'),
});
if (operators !== '') {
  await check({
    what: "the operators' console is there",
    url: `${operators}/`,
    holds: (body) => body.includes('<html'),
  });
}
