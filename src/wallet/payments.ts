import type { ActionId, MatchId, PlayerId } from '../contracts/ids.ts';
import type { Database, Transaction } from '../platform/database/database.ts';
import { ApiError } from '../platform/errors.ts';
import { metrics } from '../platform/telemetry/metrics.ts';
import { Books } from './books.ts';
import { ensureWallets, lockAccounts, lockPresent, readReservations, readTransfer, write } from './store.ts';

const nothing = { accounts: [], holds: [], reservations: [], rewarded: new Set<string>() };

/** What is asked of the wallet directly, and answered when it is durable. */
export class Payments {
  private readonly database: Database;

  constructor(database: Database) {
    this.database = database;
  }

  /**
   * Keeps a stamp for a sealed action; asked again, it answers the same. The stamps that are left free.
   * @throws INSUFFICIENT_STAMPS
   */
  async reserveStamp(action: { playerId: PlayerId; actionId: ActionId; matchId: MatchId }): Promise<number> {
    return this.database.transaction(async (transaction) => {
      const [accounts, reservations] = await Promise.all([
        lockAccounts(transaction, [action.playerId]),
        readReservations(transaction, [action]),
      ]);
      // Who never got anything has no wallet.
      const books = accounts.length === 0 ? null : new Books({ ...nothing, accounts, reservations });
      const balance = books?.reserveStamp(action) ?? null;
      if (books === null || balance === null) throw new ApiError('INSUFFICIENT_STAMPS', 'You have no stamps.');
      if (books.repeated > 0) countRepeated(transaction, 'stamp');
      write(transaction, books.changes, []);
      return balance;
    });
  }

  /**
   * Pays `amount` from one player to another. The key stands for this payment between the two for ever: again, it has no
   * second effect and answers the same, the payer's balance after it.
   * @throws INSUFFICIENT_BALANCE, IDEMPOTENCY_KEY_REUSED
   */
  async transfer(from: PlayerId, to: PlayerId, amount: number, key: string): Promise<number> {
    if (from === to) throw new RangeError('a payment is between two');
    await ensureWallets(this.database, [from, to]);
    return this.database.transaction(async (transaction) => {
      const [accounts, known] = await Promise.all([
        lockPresent(transaction, [from, to]),
        readTransfer(transaction, [from, to], key),
      ]);
      if (known.length > 0) {
        const paid = known.find((line) => line.playerId === from && line.amount === -amount);
        const got = known.find((line) => line.playerId === to && line.amount === amount);
        if (!paid || !got) {
          throw new ApiError('IDEMPOTENCY_KEY_REUSED', 'This key was used for another payment; take a new one.');
        }
        countRepeated(transaction, 'transfer');
        return paid.balanceAfter;
      }
      const books = new Books({ ...nothing, accounts });
      const balance = books.transfer(from, to, amount, key);
      if (balance === null) throw new ApiError('INSUFFICIENT_BALANCE', 'The wallet has not so much that is free.');
      write(transaction, books.changes, []);
      return balance;
    });
  }
}

const countRepeated = (transaction: Transaction, keyType: string): void => {
  transaction.afterCommit(() => {
    metrics.idempotencyHits.inc({ service: 'wallet', key_type: keyType });
  });
};
