import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { systemAccounts } from '../contracts/economy.ts';
import type { PlayerId } from '../contracts/ids.ts';
import type { Database } from '../platform/database/database.ts';
import { isUnavailable } from '../platform/errors.ts';
import { lockPresent, write } from './store.ts';
import { aPlayer, createWalletDatabase, type WalletDatabase } from './test-wallet.ts';

/** Real: PostgreSQL. What the database itself refuses, whoever writes with the rights of the service. */
let db: WalletDatabase;
let service: Database;
let ann: PlayerId;
let bob: PlayerId;
beforeAll(async () => {
  db = await createWalletDatabase();
  service = await db.as('wallet');
  [ann, bob] = [aPlayer(), aPlayer()];
  await db.give([ann, bob], { currency: 100, stamps: 2 });
});
afterAll(async () => {
  expect(await db.audit()).toEqual([]);
  await db.drop();
});

const whole = 'violates check constraint';
test.each<[string, string, string]>([
  ['a balance below 0', 'update wallets set balance = -1', whole],
  ['more held than there is', 'update wallets set held_amount = balance + 1', whole],
  ['less than nothing held', 'update wallets set held_amount = -1', whole],
  ['stamps below 0', 'update wallets set stamp_balance = stamp_balance - 3', whole],
  ['more stamps held than there are', 'update wallets set stamps_held = stamp_balance + 1', whole],
  ['a balance that is not kept exactly', 'update wallets set balance = 9007199254740992', whole],
  ["a wallet of the game's account", `insert into wallets (player_id) values ('${systemAccounts.game}')`, whole],
  ['a wallet that goes away', 'delete from wallets', 'permission denied'],
  ['a line that is changed', 'update transactions set amount = amount + 1', 'permission denied'],
  ['a line that is removed', 'delete from transactions', 'permission denied'],
  ['a ledger that is emptied', 'truncate transactions', 'permission denied'],
  ['the guard taken away', 'drop trigger transactions_balanced on transactions', 'must be owner'],
])('is impossible by SQL: %s', async (_what, statement, refusal) => {
  await expect(service.query({ text: statement })).rejects.toThrow(refusal);
});

const book = (...lines: [player: PlayerId, asset: string, amount: number, reference: string][]) =>
  service.query({
    text: `insert into transactions (player_id, type, asset, amount, balance_after, reference) values ${lines
      .map(
        ([player, asset, amount, reference]) => `('${player}', 'TRANSFER', '${asset}', ${amount}, 0, '${reference}')`,
      )
      .join()}`,
  });

test('a booking of one side, of two assets, or twice is impossible by SQL', async () => {
  const key = randomUUID();
  await expect(book([ann, 'CURRENCY', 5, key])).rejects.toThrow('do not add up');
  await expect(book([ann, 'CURRENCY', 5, key], [bob, 'STAMP', -5, key])).rejects.toThrow('do not add up');
  await expect(book([ann, 'CURRENCY', 5, key], [ann, 'CURRENCY', -5, key])).rejects.toThrow('transactions_once');
});

test('a wallet that was changed since it was read is not written: the work is to be done again', async () => {
  const stale = await service.transaction((transaction) => lockPresent(transaction, [ann]));
  const before = await db.wallet(ann);
  await service.query({ text: 'update wallets set version = version + 1 where player_id = $1' }, [ann]);
  const accounts = stale.map((account) => ({ ...account, balance: account.balance + 1 }));
  const error: unknown = await service
    .transaction(async (transaction) => {
      write(transaction, { accounts, lines: [], holds: [], reservations: [] }, []);
    })
    .catch((problem: unknown) => problem);
  expect(isUnavailable(error)).toBe(true);
  expect(await db.wallet(ann)).toEqual(before);
});
