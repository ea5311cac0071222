import type { z } from 'zod';
import type { Asset, Ledger, LedgerEntry, LedgerQuery, TransactionType, Wallet } from '../contracts/economy.ts';
import type { PlayerId } from '../contracts/ids.ts';
import type { Database } from '../platform/database/database.ts';
import { metrics } from '../platform/telemetry/metrics.ts';
import { integer } from './integer.ts';

interface WalletRow {
  balance: string;
  held_amount: string;
  free_stamps: string;
  updated_at: Date;
}

interface EntryRow {
  id: string;
  type: TransactionType;
  asset: Asset;
  amount: string;
  balance_after: string;
  reference: string;
  created_at: Date;
}

/** Wallets and the ledger as they are read by their owners. */
export class Wallets {
  private readonly database: Database;

  constructor(database: Database) {
    this.database = database;
  }

  /** Who never got anything has an empty one. */
  async of(playerId: PlayerId): Promise<Wallet> {
    const [row] = await this.database.query<WalletRow>(
      {
        name: 'wallet-of',
        text: `select balance, held_amount, stamp_balance - stamps_held as free_stamps, updated_at
               from wallets where player_id = $1`,
      },
      [playerId],
    );
    return {
      playerId,
      balance: integer(row?.balance ?? 0),
      heldAmount: integer(row?.held_amount ?? 0),
      stampBalance: integer(row?.free_stamps ?? 0),
      updatedAt: (row?.updated_at ?? new Date()).toISOString(),
    };
  }

  /** The lines of one account, newest first. */
  async ledgerOf(playerId: PlayerId, { page, limit, type }: z.infer<typeof LedgerQuery>): Promise<Ledger> {
    const [counted, rows] = await this.database.read((on) =>
      Promise.all([
        on.query<{ total: number }>(
          {
            name: 'wallet-ledger-count',
            text: `select count(*)::int as total from transactions
                   where player_id = $1 and ($2::text is null or type = $2)`,
          },
          [playerId, type ?? null],
        ),
        on.query<EntryRow>(
          {
            name: 'wallet-ledger',
            text: `select id, type, asset, amount, balance_after, reference, created_at from transactions
                   where player_id = $1 and ($2::text is null or type = $2)
                   order by id desc limit $3 offset $4`,
          },
          [playerId, type ?? null, limit, (page - 1) * limit],
        ),
      ]),
    );
    return { items: rows.map(entry), total: counted[0]?.total ?? 0, page };
  }

  /** How many holds and reservations there are now, for whoever watches. */
  async countHolds(): Promise<void> {
    const [row] = await this.database.query<{ funds: number; stamps: number }>({
      name: 'wallet-in-flight',
      text: `select (select count(*)::int from holds where state in ('RESERVED', 'TRANSFERRED')) as funds,
               (select count(*)::int from stamp_reservations where state = 'RESERVED') as stamps`,
    });
    metrics.holdsInFlight.set({ kind: 'funds' }, row?.funds ?? 0);
    metrics.holdsInFlight.set({ kind: 'stamps' }, row?.stamps ?? 0);
  }
}

const entry = (row: EntryRow): LedgerEntry => ({
  id: row.id,
  type: row.type,
  asset: row.asset,
  amount: integer(row.amount),
  balanceAfter: integer(row.balance_after),
  reference: row.reference,
  createdAt: row.created_at.toISOString(),
});
