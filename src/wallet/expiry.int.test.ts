import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ActionId } from '../contracts/ids.ts';
import type { ServiceClient } from '../platform/http/client.ts';
import type { Database } from '../platform/database/database.ts';
import { Expiry } from './expiry.ts';
import { Payments } from './payments.ts';
import { aMatch, anAction, aPlayer, createWalletDatabase, type WalletDatabase } from './test-wallet.ts';

/** Real: PostgreSQL. Two replicas of wallet, each with connections of its own; game hears what is asked, and tells nothing. */
let db: WalletDatabase;
let owner: Database;
let replicas: [Expiry, Expiry];
let payments: Payments;
const afterSeconds = 30;
const asked: ActionId[] = [];
const game: Pick<ServiceClient, 'ask'> = {
  ask: async (_contract, input) => {
    const { actions } = input.body as { actions: { actionId: ActionId }[] };
    expect(actions.length).toBeLessThanOrEqual(100);
    asked.push(...actions.map(({ actionId }) => actionId));
    await sleep(20);
    return undefined as never;
  },
};
beforeAll(async () => {
  db = await createWalletDatabase();
  owner = await db.as('owner');
  const expiry = async () => new Expiry(await db.as('wallet'), game, afterSeconds);
  replicas = [await expiry(), await expiry()];
  payments = new Payments(await db.as('wallet'));
});
afterAll(() => db.drop());
beforeEach(async () => {
  asked.length = 0;
  await owner.query({ text: `update stamp_reservations set state = 'RETURNED'` });
});

/** Stamps that were reserved so many seconds ago. */
const reserved = async (count: number, secondsAgo: number): Promise<ActionId[]> => {
  const actions = Array.from({ length: count }, () => ({
    ...{ playerId: aPlayer(), actionId: anAction(), matchId: aMatch() },
  }));
  await db.give(
    actions.map(({ playerId }) => playerId),
    { stamps: 1 },
  );
  await Promise.all(actions.map((action) => payments.reserveStamp(action)));
  await pass(secondsAgo);
  return actions.map(({ actionId }) => actionId);
};
/** So many seconds go by. */
const pass = (seconds: number) =>
  owner.query(
    {
      text: `update stamp_reservations set created_at = created_at - make_interval(secs => $1),
               asked_at = asked_at - make_interval(secs => $1) where state = 'RESERVED'`,
    },
    [seconds],
  );
const look = () => Promise.all(replicas.map((expiry) => expiry.askAboutOverdue()));

test('replicas that look at once ask about each stamp that is overdue once, and about no other', async () => {
  const overdue = await reserved(250, afterSeconds + 1);
  await reserved(3, 0);
  await look();
  expect(asked.toSorted()).toEqual(overdue.toSorted());
});

test('while nothing is heard the same is asked again when it has waited as long as before, and each minute at last', async () => {
  const [action] = await reserved(1, 0);
  const at: number[] = [];
  for (let second = 0; second <= 360; second += 2) {
    const before = asked.length;
    await look();
    if (asked.length > before) at.push(second);
    await pass(2);
  }
  expect(new Set(asked)).toEqual(new Set([action]));
  // 32 s, 64 s, 128 s, and each minute from there on, give or take one look.
  const pauses = at.slice(1).map((second, index) => second - (at[index] ?? 0));
  expect(at[0]).toBeGreaterThanOrEqual(afterSeconds);
  expect(at[0]).toBeLessThanOrEqual(afterSeconds + 2);
  expect(pauses.length).toBeGreaterThanOrEqual(5);
  expect(pauses[0]).toBeGreaterThanOrEqual(afterSeconds);
  for (const pause of pauses.slice(1)) expect(Math.abs(pause - 60)).toBeLessThanOrEqual(4);
});
