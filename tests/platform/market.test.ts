import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { ApiClient, PlayerClient } from '../../scripts/lib/load/client.ts';
import type { Platform } from '../../scripts/lib/platform.ts';
import type { AcceptedTrade, Inventory, Listing, Trade, Wallet } from '../../src/contracts/economy.ts';
import type { ErrorBody } from '../../src/contracts/errors.ts';
import { startTestPlatform } from '../platform.ts';
import { Economy } from './economy.ts';
import { say } from './random.ts';
import { unlimited } from './settings.ts';
import { inCapitals, until } from './table.ts';

/** Real: everything. */
const buyers = 1000;
const price = 1000;
const fee = 50;
const granted = 1500;

let platform: Platform;
let api: ApiClient;
let economy: Economy;
beforeAll(async () => {
  platform = await startTestPlatform({ replicas: { marketplace: 2 }, env: unlimited });
  api = new ApiClient(platform.gatewayUrl);
  economy = await Economy.of(platform);
}, 120_000);
afterAll(async () => {
  await economy.close();
  await api.close();
  await platform.stop();
});

const get = async <T>({ session }: PlayerClient, path: string): Promise<T> => {
  const { status, body } = await api.call<T>('GET', path, { token: session.accessToken });
  if (status !== 200) throw new Error(`GET ${path}: ${status}`);
  return body;
};
/** As many at once as there are buyers: not over the few connections that the client keeps. */
const buy = async ({ session }: PlayerClient, listingId: string, key: string) => {
  for (;;) {
    const response = await fetch(`${platform.gatewayUrl}/api/marketplace/trades`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        authorization: `Bearer ${session.accessToken}`,
        'x-idempotency-key': key,
      },
      body: JSON.stringify({ listingId }),
    });
    const body = (await response.json()) as AcceptedTrade | ErrorBody;
    // Whoever had to wait too long asks again.
    if (response.status !== 503) return { status: response.status, body };
    await sleep(200);
  }
};
const codeOf = ({ status, body }: Awaited<ReturnType<typeof buy>>) =>
  `${status} ${'error' in body ? body.error : body.status}`;
const tally = (codes: string[]) =>
  Object.fromEntries([...Map.groupBy(codes, (code) => code)].map(([code, all]) => [code, all.length]));

test('a thousand buyers for one listing: one trade completes, 999 get a clear answer, and the money is whole', async () => {
  const seller = await PlayerClient.guest(api);
  await economy.grant(seller.playerId, { items: ['rare_sword_01'] });
  const crowd = await Promise.all(Array.from({ length: buyers }, () => PlayerClient.guest(api)));
  await Promise.all(crowd.map(({ playerId }) => economy.grant(playerId, { currency: granted })));
  await economy.settled();
  const [sword] = (await get<Inventory>(seller, '/inventory')).items;
  if (!sword) throw new Error('no sword');
  const { status, body: listing } = await api.call<Listing>('POST', '/marketplace/listings', {
    token: seller.session.accessToken,
    body: { itemId: sword.id, price },
  });
  expect(status).toBe(201);

  const keys = crowd.map(() => randomUUID());
  const all = (written = (id: string) => id) =>
    Promise.all(crowd.map((buyer, index) => buy(buyer, written(listing.listingId), written(keys[index] ?? ''))));
  const begun = performance.now();
  const answers = await all();
  say(`a thousand answers in ${((performance.now() - begun) / 1000).toFixed(1)} s`);
  expect(tally(answers.map(codeOf))).toEqual({ '202 PENDING': 1, '409 LISTING_NOT_ACTIVE': buyers - 1 });
  const place = answers.findIndex(({ status: answered }) => answered === 202);
  const [winner, accepted] = [crowd[place], answers[place]?.body];
  if (!winner || !accepted || 'error' in accepted) throw new Error('nobody has it');

  const trade = await until('the end of the trade', async () => {
    const now = await get<Trade>(winner, `/marketplace/trades/${accepted.tradeId}`);
    return now.status === 'PENDING' ? undefined : now;
  });
  expect(trade).toMatchObject({ status: 'COMPLETED', sagaState: 'COMPLETED', failure: null, price, fee });
  // Everybody again, with the same keys, however they are written: the same answers.
  expect((await all(inCapitals)).map(codeOf)).toEqual(answers.map(codeOf));

  await economy.settled();
  await economy.expectWhole();
  expect(await economy.trades()).toEqual({ COMPLETED: 1 });
  expect(await get<Wallet>(winner, '/wallet')).toMatchObject({ balance: granted - price, heldAmount: 0 });
  expect(await get<Wallet>(seller, '/wallet')).toMatchObject({ balance: price - fee, heldAmount: 0 });
  expect((await get<Inventory>(winner, '/inventory')).items).toMatchObject([{ id: sword.id, locked: false }]);
  expect((await get<Inventory>(seller, '/inventory')).items).toEqual([]);
  for (const loser of crowd.filter((buyer) => buyer !== winner).slice(0, 50)) {
    expect(await get<Wallet>(loser, '/wallet')).toMatchObject({ balance: granted, heldAmount: 0 });
  }
}, 240_000);
