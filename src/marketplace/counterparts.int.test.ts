import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { createServer, type Server, type ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../../scripts/lib/ports.ts';
import { ListingId } from '../contracts/ids.ts';
import { internalRoutes } from '../contracts/internal.ts';
import { ApiError } from '../platform/errors.ts';
import { createApp } from '../platform/http/app.ts';
import { implement } from '../platform/http/route.ts';
import { metricsRegistry } from '../platform/telemetry/metrics.ts';
import { RemoteCounterparts } from './counterparts.ts';
import { TestMarket, type Replica } from './test-market.ts';

/** Real: PostgreSQL, HTTP. wallet and inventory are servers of the test, which can hang and be down. */
let market: TestMarket;
let one: Replica;
let server: Server;
let port: number;
const hanging = new Set<ServerResponse>();
let walletHangs = false;

const open = async () => {
  const app = createApp({
    routes: [
      implement(internalRoutes.walletOf, ({ params }) => market.neighbours.walletOf(params.playerId)),
      implement(internalRoutes.itemOf, ({ params }) => market.neighbours.itemOf(params.id)),
    ],
    authenticate: () => null,
  }).callback();
  server = createServer((request, response) => {
    if (walletHangs && request.url?.includes('/wallets/') === true) hanging.add(response);
    else void app(request, response);
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
};
const down = async () => {
  const closed = new Promise((resolve) => server.close(resolve));
  server.closeAllConnections();
  await closed;
};

beforeAll(async () => {
  market = await TestMarket.open();
  port = await freePort();
  await open();
});
beforeEach(async () => {
  const url = `http://127.0.0.1:${port}`;
  one = await market.replica(new RemoteCounterparts([url], [url]));
});
afterAll(async () => {
  await down();
  await market.close();
});

/** A new buyer asks: the code it is told, and how long that took. */
const ask = async (listingId: ListingId) => {
  const begun = performance.now();
  const code = await one.market.request(market.order(listingId)).then(
    () => 'begun',
    (error: unknown) => (error instanceof ApiError ? error.code : 'UNAVAILABLE'),
  );
  return { code, ms: performance.now() - begun };
};
const nowhere = ListingId.parse(randomUUID());
const median = (times: number[]): number => times.toSorted((a, b) => a - b)[times.length >> 1] ?? Infinity;
const untilCode = async (listingId: ListingId, code: string) => {
  const begun = performance.now();
  while ((await ask(listingId)).code !== code) await sleep(50);
  return performance.now() - begun;
};
const state = async () =>
  /circuit_breaker_state\{service="marketplace",target="wallet",state="(\w+)"\} 1/.exec(
    await metricsRegistry.metrics(),
  )?.[1];
const untouched = async (listingId: ListingId) => {
  expect(await market.owner.query({ text: 'select id from trades where listing_id = $1' }, [listingId])).toEqual([]);
  expect(await market.owner.query({ text: 'select status from listings where id = $1' }, [listingId])).toEqual([
    { status: 'ACTIVE' },
  ]);
};

test.each<[string, () => Promise<void> | void, () => Promise<void> | void]>([
  [
    'hangs',
    () => {
      walletHangs = true;
    },
    () => {
      walletHangs = false;
      for (const response of hanging) response.destroy();
    },
  ],
  ['is down', down, open],
])(
  'a wallet that %s: open in less than 10 s, 503 in less than 50 ms, closed again by itself, and no half-done trade',
  async (_what, fail, heal) => {
    const { listing } = await market.listed(one);
    const { listingId } = listing;
    await fail();
    expect(await untilCode(listingId, 'CIRCUIT_OPEN')).toBeLessThan(10_000);
    expect(await state()).toBe('open');
    const answers = [];
    const bare = [];
    for (let n = 0; n < 10; n++) {
      answers.push(await ask(listingId));
      bare.push(await ask(nowhere));
    }
    const fast = answers.filter(({ code }) => code === 'CIRCUIT_OPEN').map(({ ms }) => ms);
    expect(fast.length).toBeGreaterThanOrEqual(8); // Now and then one is let through, to see whether it is back.
    // Beside a question that only the database is asked, since a machine may be slow.
    expect(median(fast)).toBeLessThan(50 + 3 * median(bare.map(({ ms }) => ms)));
    await untouched(listingId);
    await heal();
    expect(await untilCode(listingId, 'begun')).toBeLessThan(5000);
    expect(await state()).toBe('closed');
  },
);

test('what wallet or inventory refuses is an answer: it opens nothing', async () => {
  const { listing } = await market.listed(one);
  for (let n = 0; n < 10; n++) {
    const refused = await one.market.request(market.order(listing.listingId, { free: 0 })).catch((e: unknown) => e);
    expect(refused).toMatchObject({ code: 'INSUFFICIENT_BALANCE' });
  }
  market.neighbours.items.clear();
  expect(await ask(listing.listingId)).toMatchObject({ code: 'LISTING_NOT_ACTIVE' });
  expect(await state()).toBe('closed');
});
