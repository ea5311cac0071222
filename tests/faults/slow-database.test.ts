import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { ApiClient, PlayerClient } from '../../scripts/lib/load/client.ts';
import type { Platform } from '../../scripts/lib/platform.ts';
import { freePort } from '../../scripts/lib/ports.ts';
import { startToxiproxy, type FaultyNetwork } from '../../scripts/lib/toxiproxy.ts';
import { ownFolder, type OwnFolder } from '../folder.ts';
import { startTestPlatform } from '../platform.ts';
import { startCollector, type Collector } from '../platform/collector.ts';
import { Economy } from '../platform/economy.ts';
import { anOffer } from '../platform/offer.ts';
import { say } from '../platform/random.ts';
import { unlimited } from '../platform/settings.ts';
import { until } from '../platform/table.ts';

// Real: everything. A proxy before PostgreSQL for wallet alone: each answer of its database takes two seconds, give or take a third.
const queryMs = 2000;
const rules = { maxPlayers: 2, lobbySeconds: 5, matchSeconds: 60, cooldownMs: { defend: 0 } };

let folder: OwnFolder;
let network: FaultyNetwork<'wallet'>;
let collector: Collector;
let platform: Platform;
let economy: Economy;
let api: ApiClient;

beforeAll(async () => {
  folder = await ownFolder('network');
  const postgres = await freePort();
  network = await startToxiproxy(folder.path, { wallet: postgres });
  collector = await startCollector();
  platform = await startTestPlatform({
    ports: { postgres },
    rules,
    env: {
      ...unlimited,
      gateway: { ...unlimited.gateway, ...collector.env('gateway') },
      wallet: { ...collector.env('wallet'), DATABASE_PORT: String(network.paths.wallet.port) },
      marketplace: {
        ...collector.env('marketplace'),
        HOUSE: JSON.stringify({ iron_sword: { listings: 10, price: 90 } }),
      },
    },
  });
  economy = await Economy.of(platform);
  api = new ApiClient(platform.gatewayUrl);
});
afterAll(async () => {
  await api.close();
  await economy.close();
  await platform.stop();
  await network.stop();
  collector.close();
  folder.remove();
});

const timed = async <T>(work: () => Promise<T>): Promise<{ result: T; ms: number }> => {
  const begun = performance.now();
  const result = await work();
  return { result, ms: performance.now() - begun };
};
const median = (times: number[]): number => times.toSorted((a, b) => a - b)[times.length >> 1] ?? Infinity;

/** What has nothing to do with wallet, by how long it takes. */
const others = async (player: PlayerClient) => {
  const calls = {
    action: () => player.post({ type: 'defend' }),
    inventory: () => api.call('GET', '/inventory', { token: player.session.accessToken }),
    listings: () => api.call('GET', '/marketplace/listings', { token: player.session.accessToken }),
    leaderboard: () => api.call('GET', '/leaderboard/top100'),
  };
  const taken: Record<string, number> = {};
  for (const [name, call] of Object.entries(calls)) {
    const times = [];
    for (let count = 0; count < 15; count++) {
      const { result, ms } = await timed(call);
      expect([name, result.status]).toEqual([name, 200]);
      times.push(ms);
    }
    taken[name] = median(times);
  }
  return taken;
};

test('a slow database: time-outs hold, others are not dragged along, the trace shows where', async () => {
  const players = [await PlayerClient.guest(api), await PlayerClient.guest(api)] as const;
  for (const player of players) await player.join();
  const [player] = players;
  await economy.grant(player.playerId, { currency: 10_000 });
  const wallet = () => api.call('GET', '/wallet', { token: player.session.accessToken });
  await until('the wallet has the money', async () => {
    const { body } = (await wallet()) as { body: { balance?: number } };
    return (body.balance ?? 0) > 0 || undefined;
  });
  const listingId = await anOffer(api, player.session.accessToken);
  const before = await others(player);

  await network.paths.wallet.slow(queryMs);
  const correlationId = randomUUID();
  const slow = await timed(() =>
    fetch(`${platform.gatewayUrl}/api/wallet`, {
      headers: { authorization: `Bearer ${player.session.accessToken}`, 'x-correlation-id': correlationId },
    }),
  );
  expect(slow.ms).toBeGreaterThan(queryMs / 2);

  // People keep asking: for their money, and to buy.
  const stop = new AbortController();
  const answers: { what: string; status: number; ms: number }[] = [];
  const keepAsking = async (what: string, ask: () => Promise<{ status: number }>) => {
    while (!stop.signal.aborted) {
      const { result, ms } = await timed(ask);
      answers.push({ what, status: result.status, ms });
      await sleep(50);
    }
  };
  const buy = () =>
    api.call('POST', '/marketplace/trades', {
      token: player.session.accessToken,
      body: { listingId },
      key: randomUUID(),
    });
  const asking = [
    ...Array.from({ length: 6 }, () => keepAsking('wallet', wallet)),
    ...Array.from({ length: 3 }, () => keepAsking('trade', buy)),
  ];
  const meanwhile = await others(player);
  const answered = (kind: string) => answers.filter(({ what }) => what === kind).length;
  await until('each has been answered', () => (answered('wallet') > 5 && answered('trade') > 5) || undefined);
  stop.abort();
  await Promise.all(asking);
  say(`others before ${JSON.stringify(before)}, meanwhile ${JSON.stringify(meanwhile)}`);
  for (const [name, ms] of Object.entries(meanwhile))
    expect([name, ms < 100 + 5 * (before[name] ?? 0)]).toEqual([name, true]);
  // The gateway tries again for 5 s. A try waits for 3 s for a connection and 5 for a statement; one of the market for 3 s for wallet.
  const longest = (kind: string) => Math.max(...answers.flatMap(({ what, ms }) => (what === kind ? [ms] : [])));
  say(`the longest answers: wallet ${longest('wallet').toFixed(0)} ms, trade ${longest('trade').toFixed(0)} ms`);
  expect(longest('wallet')).toBeLessThan(5000 + 8000 + 2000);
  expect(longest('trade')).toBeLessThan(5000 + 3000 + 2000);
  expect(answers.filter(({ status }) => ![200, 202, 409, 503].includes(status))).toEqual([]);

  const trace = () => {
    const first = collector.spans.find(({ attributes }) => attributes['idempo.correlation_id'] === correlationId);
    return collector.spans.filter(({ traceId }) => traceId === first?.traceId);
  };
  const took = () => trace().filter(({ scope, ms }) => scope === 'instrumentation-pg' && ms > queryMs / 2);
  await until('the trace is there', () => took()[0]);
  expect(new Set(took().map(({ service }) => service))).toEqual(new Set(['wallet']));

  await network.paths.wallet.mend();
  await until('the wallet answers again', async () => (await wallet()).status === 200 || undefined);
  await economy.settled(120_000);
  await economy.expectWhole();
}, 300_000);
