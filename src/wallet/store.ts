import { LRUCache } from 'lru-cache';
import { systemAccounts } from '../contracts/economy.ts';
import type { ActionId, MatchId, PlayerId, TradeId } from '../contracts/ids.ts';
import type { Database, Queryable, Transaction } from '../platform/database/database.ts';
import { UnavailableError } from '../platform/errors.ts';
import { insertOutbox, outboxRows, type Outgoing } from '../platform/outbox/outbox.ts';
import { rewardKey, type Changes, type Reservation, type ReservationState } from './books.ts';
import type { Hold, HoldState } from './holds.ts';
import { integer } from './integer.ts';
import type { Account } from './ledger.ts';

interface AccountRow {
  player_id: PlayerId;
  balance: string;
  held_amount: string;
  stamp_balance: string;
  stamps_held: string;
  version: string;
}

interface HoldRow {
  trade_id: TradeId;
  buyer_id: PlayerId;
  seller_id: PlayerId;
  amount: string;
  state: HoldState;
}

interface ReservationRow {
  player_id: PlayerId;
  action_id: ActionId;
  match_id: MatchId;
  state: ReservationState;
  balance_after: string;
}

/** What the index of business keys covers: without saying it, a reading would not use it. */
const ofPlayers = `player_id <> '${systemAccounts.game}'`;

/** Wallets that are there: they are never removed. */
const present = new LRUCache<PlayerId, true>({ max: 50_000 });

/**
 * Makes wallets that are not there yet, empty. By itself and before any is locked: a transaction that made one while it
 * holds others could wait in a circle with another.
 */
export const ensureWallets = async (database: Database, ids: PlayerId[]): Promise<void> => {
  const unknown = ids.filter((id) => !present.has(id));
  if (unknown.length === 0) return;
  await database.query(
    {
      name: 'wallet-ensure',
      text: `insert into wallets (player_id) select id from unnest($1::uuid[]) as t(id) order by id on conflict do nothing`,
    },
    [unknown],
  );
  for (const id of unknown) present.set(id, true);
};

/** Locks wallets in the order of their ids: two transactions never wait for each other in a circle. */
export const lockAccounts = async (transaction: Transaction, ids: PlayerId[]): Promise<Account[]> => {
  const rows = await transaction.query<AccountRow>({ name: 'wallet-lock', text: lockText }, [ids]);
  return rows.map((row) => ({
    playerId: row.player_id,
    balance: integer(row.balance),
    held: integer(row.held_amount),
    stamps: integer(row.stamp_balance),
    stampsHeld: integer(row.stamps_held),
    version: integer(row.version),
  }));
};

/** As `lockAccounts`, of wallets that `ensureWallets` has made. */
export const lockPresent = async (transaction: Transaction, ids: PlayerId[]): Promise<Account[]> => {
  const accounts = await lockAccounts(transaction, ids);
  if (accounts.length < ids.length) {
    // The database was restored to a moment before they were made.
    present.clear();
    throw new UnavailableError('wallets are gone');
  }
  return accounts;
};

export const readHolds = async (transaction: Transaction, ids: TradeId[]): Promise<Hold[]> => {
  if (ids.length === 0) return [];
  const rows = await transaction.query<HoldRow>(
    {
      name: 'wallet-holds',
      text: 'select trade_id, buyer_id, seller_id, amount, state from holds where trade_id = any ($1::uuid[])',
    },
    [ids],
  );
  return rows.map((row) => ({
    tradeId: row.trade_id,
    buyerId: row.buyer_id,
    sellerId: row.seller_id,
    amount: integer(row.amount),
    state: row.state,
  }));
};

export const readReservations = async (
  from: Queryable,
  actions: { playerId: PlayerId; actionId: ActionId }[],
): Promise<Reservation[]> => {
  if (actions.length === 0) return [];
  const rows = await from.query<ReservationRow>(
    {
      name: 'wallet-reservations',
      // Each by the primary key: a join would be planned once, while the table is small, as a reading of all of it.
      text: `select found.* from unnest($1::uuid[], $2::uuid[]) as k(player_id, action_id) cross join lateral (
               select player_id, action_id, match_id, state, balance_after from stamp_reservations r
               where r.player_id = k.player_id and r.action_id = k.action_id limit 1) found`,
    },
    [actions.map(({ playerId }) => playerId), actions.map(({ actionId }) => actionId)],
  );
  return rows.map((row) => ({
    playerId: row.player_id,
    actionId: row.action_id,
    matchId: row.match_id,
    state: row.state,
    balanceAfter: integer(row.balance_after),
  }));
};

/** Which of these rewards are booked already, by `rewardKey`. */
export const readRewarded = async (
  transaction: Transaction,
  rewards: { playerId: PlayerId; matchId: MatchId }[],
): Promise<Set<string>> => {
  if (rewards.length === 0) return new Set();
  const rows = await transaction.query<{ playerId: PlayerId; matchId: MatchId }>(
    {
      name: 'wallet-rewarded',
      text: `select k.player_id as "playerId", k.match_id as "matchId"
             from unnest($1::uuid[], $2::uuid[]) as k(player_id, match_id) cross join lateral (
               select from transactions t
               where t.player_id = k.player_id and t.reference = k.match_id and t.type = 'REWARD' and ${ofPlayers}
               limit 1) found`,
    },
    [rewards.map(({ playerId }) => playerId), rewards.map(({ matchId }) => matchId)],
  );
  return new Set(rows.map(rewardKey));
};

/** What is booked for a transfer's key on any of these accounts. */
export const readTransfer = async (transaction: Transaction, of: PlayerId[], key: string) => {
  const rows = await transaction.query<{ player_id: PlayerId; amount: string; balance_after: string }>(
    { name: 'wallet-transfer', text: transferText },
    [of, key],
  );
  return rows.map((row) => ({
    playerId: row.player_id,
    amount: integer(row.amount),
    balanceAfter: integer(row.balance_after),
  }));
};

/** Everything that a transaction changes, in one statement; it fails when a wallet is not as it was read. */
export const write = (transaction: Transaction, changes: Changes, events: Outgoing[]): void => {
  const { accounts, lines, holds, reservations } = changes;
  if (accounts.length + lines.length + holds.length + reservations.length + events.length === 0) return;
  transaction.send({ name: 'wallet-write', text: writeText }, [
    JSON.stringify(accounts),
    JSON.stringify(lines),
    JSON.stringify(holds),
    JSON.stringify(reservations),
    outboxRows(events),
    accounts.map(({ playerId }) => playerId),
  ]);
};

/** The statements of a transfer: the benchmark has pgbench run the same. */
export const lockText = `
  select player_id, balance, held_amount, stamp_balance, stamps_held, version from wallets
  where player_id = any ($1::uuid[]) order by player_id for update`;
export const transferText = `
  select player_id, amount, balance_after from transactions
  where player_id = any ($1::uuid[]) and reference = $2 and type = 'TRANSFER' and ${ofPlayers}`;
export const writeText = `
  with changed as (
    update wallets w set balance = r.balance, held_amount = r.held, stamp_balance = r.stamps,
      stamps_held = r."stampsHeld", version = w.version + 1, updated_at = now()
    from jsonb_to_recordset($1::jsonb) as r("playerId" uuid, balance bigint, held bigint, stamps bigint,
      "stampsHeld" bigint, version bigint)
    -- By the ids too: how many rows the JSON has, no plan knows, and it would read all wallets for them.
    where w.player_id = any ($6::uuid[]) and w.player_id = r."playerId" and w.version = r.version
    returning w.player_id
  ), booked as (
    insert into transactions (player_id, type, asset, amount, balance_after, reference)
    select "playerId", type, asset, amount, "balanceAfter", reference
    from jsonb_to_recordset($2::jsonb) as r("playerId" uuid, type text, asset text, amount bigint,
      "balanceAfter" bigint, reference uuid)
  ), held as (
    insert into holds (trade_id, buyer_id, seller_id, amount, state)
    select "tradeId", "buyerId", "sellerId", amount, state
    from jsonb_to_recordset($3::jsonb) as r("tradeId" uuid, "buyerId" uuid, "sellerId" uuid, amount bigint, state text)
    on conflict (trade_id) do update set state = excluded.state, updated_at = now()
  ), reserved as (
    insert into stamp_reservations (player_id, action_id, match_id, state, balance_after)
    select "playerId", "actionId", "matchId", state, "balanceAfter"
    from jsonb_to_recordset($4::jsonb) as r("playerId" uuid, "actionId" uuid, "matchId" uuid, state text,
      "balanceAfter" bigint)
    on conflict (player_id, action_id) do update set state = excluded.state, updated_at = now()
  ), told as (
    ${insertOutbox(5)}
  )
  select assert_unchanged((select count(*) from changed), cardinality($6::uuid[]))`;
