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

/** Stamps that were reserved so many seconds ago, and maybe asked about. */
const reserved = async (count: number, secondsAgo: number, askedSecondsAgo?: number): Promise<ActionId[]> => {
  const actions = Array.from({ length: count }, () => ({
    ...{ playerId: aPlayer(), actionId: anAction(), matchId: aMatch() },
  }));
  await db.give(
    actions.map(({ playerId }) => playerId),
    { stamps: 1 },
  );
  await Promise.all(actions.map((action) => payments.reserveStamp(action)));
  const ids = actions.map(({ actionId }) => actionId);
  await owner.query(
    {
      text: `update stamp_reservations set created_at = now() - make_interval(secs => $2),
               asked_at = now() - make_interval(secs => $3) where action_id = any ($1::uuid[])`,
    },
    [ids, secondsAgo, askedSecondsAgo],
  );
  return ids;
};
const look = () => Promise.all(replicas.map((expiry) => expiry.askAboutOverdue()));

test('replicas that look at once ask about each stamp that is overdue once, and about no other', async () => {
  const overdue = await reserved(250, afterSeconds + 1);
  await reserved(3, 0);
  await look();
  expect(asked.toSorted()).toEqual(overdue.toSorted());
  await look();
  expect(asked).toHaveLength(overdue.length);
});

test.each([
  ['not before it has waited as long again', 55, 20, false],
  ['when it has waited as long again', 75, 40, true],
  ['not before a minute, however old it is', 7200, 30, false],
  ['after a minute, however old it is', 7200, 61, true],
])('while nothing is heard the same is asked again %s', async (_, secondsAgo, askedSecondsAgo, again) => {
  const ids = await reserved(1, secondsAgo, askedSecondsAgo);
  await look();
  expect(asked).toEqual(again ? ids : []);
});
