/** `helm test`: from inside the cluster, the front door serves the page, and a guest can sign in and find a match's rules of the API. */
const front = process.env.FRONT_DOOR ?? '';

const check = async (
  what: string,
  path: string,
  init: RequestInit,
  status: number,
  holds: (body: string) => boolean,
) => {
  const response = await fetch(front + path, init);
  const body = await response.text();
  const ok = response.status === status && holds(body);
  console.log(`${ok ? 'ok' : 'FAILED'}  ${what}: ${init.method ?? 'GET'} ${path} ${String(response.status)}`);
  if (!ok) process.exitCode = 1;
};

const json = (body: string) => JSON.parse(body) as Record<string, unknown>;
await check('web serves the page', '/', {}, 200, (body) => body.includes('<html'));
await check('the gateway answers', '/api/health', {}, 200, (body) => 'uptime' in json(body));
await check('the API describes itself', '/api/openapi.json', {}, 200, (body) => 'paths' in json(body));
await check('a guest signs in', '/api/auth/guest', { method: 'POST' }, 201, (body) => 'accessToken' in json(body));
