import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import type { PlayerId } from '../contracts/ids.ts';
import { ApiError } from '../platform/errors.ts';
import type { Bookkeeper } from './bookkeeper.ts';
import { Payments } from './payments.ts';
import {
  aMatch,
  anAction,
  aPlayer,
  createWalletDatabase,
  delivered,
  rejected,
  resolved,
  type WalletDatabase,
} from './test-wallet.ts';

/** Real: PostgreSQL. Two replicas of wallet, each with connections of its own. */
let db: WalletDatabase;
let payments: [Payments, Payments];
let bookkeeper: Bookkeeper;
let ann: PlayerId;
let bob: PlayerId;
beforeAll(async () => {
  db = await createWalletDatabase();
  payments = [new Payments(await db.as('wallet')), new Payments(await db.as('wallet'))];
  bookkeeper = await db.replica();
});
beforeEach(async () => {
  [ann, bob] = [aPlayer(), aPlayer()];
  await db.give([ann, bob], { currency: 1000, stamps: 1 });
});
afterEach(async () => {
  expect(await db.audit()).toEqual([]);
  expect(await db.deadlocks()).toBe(0);
});
afterAll(() => db.drop());

const codes = (results: PromiseSettledResult<unknown>[]) =>
  results.map((result) => {
    if (result.status === 'fulfilled') return 'done';
    return result.reason instanceof ApiError ? result.reason.code : String(result.reason);
  });
const stamps = async (playerId: PlayerId) => {
  const wallet = await db.wallet(playerId);
  return [wallet.stamps, wallet.stampsHeld];
};
const ofAction = (playerId = ann) => ({ playerId, actionId: anAction(), matchId: aMatch() });
const hear = (...events: Parameters<typeof delivered>[0][]) => bookkeeper.handle(events.map(delivered));

test('of ten sealed actions at once with one stamp, one gets it', async () => {
  const asked = Array.from({ length: 10 }, (_, index) => payments[index % 2 === 0 ? 0 : 1].reserveStamp(ofAction()));
  const results = codes(await Promise.allSettled(asked));
  expect(results.filter((code) => code === 'done')).toHaveLength(1);
  expect(results.filter((code) => code === 'INSUFFICIENT_STAMPS')).toHaveLength(9);
  expect(await stamps(ann)).toEqual([1, 1]);
});

test('one action asked for ten times at once keeps one stamp, and every answer is the same', async () => {
  await db.give([ann], { stamps: 4 });
  const action = ofAction();
  const asked = Array.from({ length: 10 }, (_, index) => payments[index % 2 === 0 ? 0 : 1].reserveStamp(action));
  expect(await Promise.all(asked)).toEqual(Array(10).fill(4));
  expect(await stamps(ann)).toEqual([5, 1]);
  await payments[0].reserveStamp(ofAction());
  await hear(resolved(action, true));
  expect(await payments[1].reserveStamp(action)).toBe(4);
});

test('who never got anything has no stamp', async () => {
  const asked = payments[0].reserveStamp(ofAction(aPlayer()));
  await expect(asked).rejects.toMatchObject({ code: 'INSUFFICIENT_STAMPS', status: 402 });
});

test('the outcome takes the stamp or returns it, once, however often it is told', async () => {
  await db.give([ann], { stamps: 2 });
  const [spent, unsealed, refused] = [ofAction(), ofAction(), ofAction()];
  for (const action of [spent, unsealed, refused]) await payments[0].reserveStamp(action);
  expect(await stamps(ann)).toEqual([3, 3]);
  const outcomes = () => [resolved(spent, true), resolved(unsealed, false), rejected(refused)];
  await Promise.all([hear(...outcomes(), ...outcomes()), (await db.replica()).handle(outcomes().map(delivered))]);
  await hear(...outcomes());
  expect(await stamps(ann)).toEqual([2, 0]);
  expect((await db.lines(ann)).filter(([type]) => type === 'STAMP_SPENT')).toEqual([['STAMP_SPENT', -1]]);
});

test('an outcome of an action without a stamp changes nothing; one that was sealed without a stamp is an error', async () => {
  await hear(resolved(ofAction(), false), rejected(ofAction()));
  await expect(hear(resolved(ofAction(), true))).rejects.toThrow('without a stamp');
  const returned = ofAction();
  await payments[0].reserveStamp(returned);
  await hear(rejected(returned));
  await expect(hear(resolved(returned, true))).rejects.toThrow("RETURNED can't be SPENT");
  expect(await stamps(ann)).toEqual([1, 0]);
});

test('a transfer moves the money once by its key, and says the same again', async () => {
  const key = randomUUID();
  expect(await payments[0].transfer(ann, bob, 300, key)).toBe(700);
  expect(await payments[1].transfer(bob, ann, 50, randomUUID())).toBe(1250);
  expect(await payments[1].transfer(ann, bob, 300, key)).toBe(700);
  expect((await db.wallet(ann)).balance).toBe(750);
  const others = [payments[0].transfer(ann, bob, 301, key), payments[0].transfer(bob, ann, 300, key)];
  expect(codes(await Promise.allSettled(others))).toEqual(Array(2).fill('IDEMPOTENCY_KEY_REUSED'));
});

test('the same transfer asked for ten times at once moves the money once', async () => {
  const key = randomUUID();
  const asked = Array.from({ length: 10 }, (_, index) => payments[index % 2 === 0 ? 0 : 1].transfer(ann, bob, 10, key));
  expect(await Promise.all(asked)).toEqual(Array(10).fill(990));
});

test('more than is free can not be paid', async () => {
  await expect(payments[0].transfer(ann, bob, 1001, randomUUID())).rejects.toMatchObject({
    code: 'INSUFFICIENT_BALANCE',
  });
  const rush = Array.from({ length: 20 }, (_, index) =>
    payments[index % 2 === 0 ? 0 : 1].transfer(ann, bob, 300, randomUUID()),
  );
  expect(codes(await Promise.allSettled(rush)).filter((code) => code === 'done')).toHaveLength(3);
  expect((await db.wallet(ann)).balance).toBe(100);
});

/** So many calls, twenty at a time: as many as the replicas have connections, so that none waits for one until it gives up. */
const inTurns = async <T>(count: number, call: (index: number) => Promise<T>): Promise<PromiseSettledResult<T>[]> => {
  const results: PromiseSettledResult<T>[] = [];
  let next = 0;
  const worker = async () => {
    while (next < count) results.push(...(await Promise.allSettled([call(next++)])));
  };
  await Promise.all(Array.from({ length: 20 }, worker));
  return results;
};

test('two who pay each other in both directions at once never wait in a circle', async () => {
  const results = await inTurns(200, (index) => {
    const [from, to] = index % 2 === 0 ? [ann, bob] : [bob, ann];
    return payments[index % 3 === 0 ? 0 : 1].transfer(from, to, 1 + (index % 5), randomUUID());
  });
  expect(new Set(codes(results))).toEqual(new Set(['done']));
});

test('many who pay each other around in a circle never wait in one', async () => {
  const circle = Array.from({ length: 5 }, aPlayer);
  await db.give(circle, { currency: 1000 });
  const results = await inTurns(150, (index) => {
    const [from, to] = [circle[index % 5], circle[(index + 1) % 5]];
    if (!from || !to) throw new Error('no player');
    return payments[index % 2 === 0 ? 0 : 1].transfer(from, to, 1, randomUUID());
  });
  expect(new Set(codes(results))).toEqual(new Set(['done']));
});
