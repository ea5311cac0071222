import { Migration } from '@mikro-orm/migrations';
import { systemAccounts } from '../../contracts/economy.ts';
import { outboxTables } from '../../platform/outbox/outbox.ts';

/** The largest whole number that JavaScript and JSON keep exactly. */
const most = Number.MAX_SAFE_INTEGER;

/** Wallets, the ledger that explains them, and what is held for trades and sealed actions. */
export class Wallets extends Migration {
  override up(): void {
    this.addSql(`
      create table wallets (
        player_id uuid primary key check (player_id <> '${systemAccounts.game}'),
        balance bigint not null default 0 check (balance between 0 and ${most}),
        -- The part of the balance that running trades keep.
        held_amount bigint not null default 0 check (held_amount between 0 and balance),
        stamp_balance bigint not null default 0 check (stamp_balance between 0 and ${most}),
        -- The part of the stamps that actions under way keep.
        stamps_held bigint not null default 0 check (stamps_held between 0 and stamp_balance),
        version bigint not null default 0,
        updated_at timestamptz not null default now()
      ) with (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_cost_delay = 0)`);
    this.addSql(`
      create table transactions (
        id bigint generated always as identity,
        player_id uuid not null,
        type text not null
          check (type in ('REWARD', 'PURCHASE', 'SALE', 'FEE', 'REFUND', 'STAMP_SPENT', 'TRANSFER')),
        asset text not null check (asset in ('CURRENCY', 'STAMP')),
        amount bigint not null check (amount <> 0),
        -- Null for the game's own account alone: everybody's rewards would wait for one another to count it.
        balance_after bigint check (balance_after >= 0),
        -- The match, trade, action or key that it is for.
        reference uuid not null,
        created_at timestamptz not null default now(),
        primary key (player_id, id),
        check ((balance_after is null) = (player_id = '${systemAccounts.game}'))
      )`);
    // Nothing is booked twice: a player has one reward of a match, one purchase of a trade, one stamp spent on an action.
    this.addSql(`
      create unique index transactions_once on transactions (player_id, reference, type, asset)
      where player_id <> '${systemAccounts.game}'`);
    // What is booked at once gives as much as it takes.
    this.addSql(`
      create function assert_balanced() returns trigger language plpgsql as $$
      begin
        if exists (select from booked group by asset having sum(amount) <> 0) then
          raise exception 'the lines of a booking do not add up to 0' using errcode = 'check_violation';
        end if;
        return null;
      end $$`);
    this.addSql(`
      create trigger transactions_balanced after insert on transactions referencing new table as booked
      for each statement execute function assert_balanced()`);
    // Whoever writes a wallet says which version it has read; another error code would not be tried again.
    this.addSql(`
      create function assert_unchanged(written bigint, wanted bigint) returns void language plpgsql as $$
      begin
        if written <> wanted then
          raise exception 'a wallet was changed by somebody else' using errcode = 'serialization_failure';
        end if;
      end $$`);
    this.addSql(`
      create table holds (
        trade_id uuid primary key,
        buyer_id uuid not null,
        seller_id uuid not null,
        amount bigint not null check (amount > 0),
        -- RESERVED: held at the buyer. TRANSFERRED: the seller's, and held there. The others hold nothing.
        state text not null check (state in ('RESERVED', 'REFUSED', 'TRANSFERRED', 'RELEASED', 'SETTLED')),
        created_at timestamptz not null default now(),
        updated_at timestamptz not null default now()
      )`);
    this.addSql(`create index holds_open on holds (state) where state in ('RESERVED', 'TRANSFERRED')`);
    this.addSql(`
      create table stamp_reservations (
        player_id uuid not null,
        action_id uuid not null,
        match_id uuid not null,
        state text not null check (state in ('RESERVED', 'SPENT', 'RETURNED')),
        -- The free stamps that were left, as they were told.
        balance_after bigint not null check (balance_after >= 0),
        created_at timestamptz not null default now(),
        updated_at timestamptz not null default now(),
        primary key (player_id, action_id)
      )`);
    this.addSql(`create index stamp_reservations_open on stamp_reservations (created_at) where state = 'RESERVED'`);
    for (const table of outboxTables) this.addSql(table);
    this.addSql(`grant usage on schema public to wallet`);
    this.addSql(`grant select on migrations to wallet`);
    this.addSql(`grant select, insert, update on wallets, holds, stamp_reservations to wallet`);
    // The ledger only grows.
    this.addSql(`grant select, insert on transactions to wallet`);
    this.addSql(`grant select, insert, update, delete on outbox, inbox to wallet`);
  }
}
