import { Migration } from '@mikro-orm/migrations';
import { outboxTables } from '../../platform/outbox/outbox.ts';

const sagaStates = `'INITIATED', 'FUNDS_RESERVING', 'ITEM_LOCKING', 'FUNDS_TRANSFERRING', 'ITEM_TRANSFERRING', 'COMPLETED',
  'COMPENSATING_FAILED', 'COMPENSATING_FUNDS_RELEASE', 'COMPENSATING_FULL', 'FAILED'`;

/** Listings and trades. Times are kept to the millisecond, so that they survive a JavaScript Date. */
export class Market extends Migration {
  override up(): void {
    this.addSql(`
      create table listings (
        id uuid primary key,
        -- The one sword, and its kind.
        item_id uuid not null,
        item text not null,
        seller_id uuid not null,
        seller_name text not null,
        price int not null check (price between 1 and 1000000000),
        status text not null default 'ACTIVE' check (status in ('ACTIVE', 'RESERVED', 'SOLD', 'CANCELLED')),
        created_at timestamptz(3) not null default now(),
        closed_at timestamptz(3)
      )`);
    this.addSql(
      `create unique index listings_one_per_item on listings (item_id) where status in ('ACTIVE', 'RESERVED')`,
    );
    this.addSql(`create index listings_newest on listings (created_at, id) where status = 'ACTIVE'`);
    this.addSql(`create index listings_price on listings (price, id) where status = 'ACTIVE'`);
    this.addSql(`create index listings_kind_newest on listings (item, created_at, id) where status = 'ACTIVE'`);
    this.addSql(`create index listings_kind_price on listings (item, price, id) where status = 'ACTIVE'`);
    this.addSql(`create index listings_seller on listings (seller_id, created_at, id)`);
    this.addSql(`create index listings_sales on listings (item, closed_at) where status = 'SOLD'`);
    // What must be unique over all partitions, and when a trade began, which says in which partition it is.
    this.addSql(`
      create table trade_keys (
        trade_id uuid primary key,
        buyer_id uuid not null,
        idempotency_key uuid not null,
        listing_id uuid not null references listings,
        created_at timestamptz(3) not null,
        unique (buyer_id, idempotency_key)
      )`);
    this.addSql(`
      create table trades (
        id uuid not null,
        listing_id uuid not null,
        item_id uuid not null,
        item text not null,
        buyer_id uuid not null,
        buyer_name text not null,
        seller_id uuid not null,
        seller_name text not null,
        price int not null,
        fee int not null check (fee between 0 and price),
        correlation_id uuid not null,
        saga_state text not null check (saga_state in (${sagaStates})),
        status text not null generated always as
          (case when saga_state in ('COMPLETED', 'FAILED') then saga_state else 'PENDING' end) stored,
        -- What is asked of wallet or inventory at the moment, and how often it was asked again.
        command text,
        attempt int not null,
        failure text,
        -- How many states it has entered.
        steps int not null,
        -- When it is looked after if no answer came.
        due_at timestamptz(3),
        created_at timestamptz(3) not null,
        updated_at timestamptz(3) not null,
        primary key (id, created_at),
        check ((due_at is null) = (saga_state in ('COMPLETED', 'FAILED')))
      ) partition by range (created_at)`);
    // By what does not change while it runs: a step moves no entry of an index.
    this.addSql(`create index trades_unfinished on trades (created_at) where status = 'PENDING'`);
    this.addSql(`create index trades_buyer on trades (buyer_id, created_at)`);
    this.addSql(`create index trades_seller on trades (seller_id, created_at)`);
    // Each state that a trade entered, once, and why; in the partition of its trade's month.
    this.addSql(`
      create table saga_log (
        trade_id uuid not null,
        step int not null,
        state text not null check (state in (${sagaStates})),
        cause text not null,
        at timestamptz(3) not null default clock_timestamp(),
        trade_created_at timestamptz(3) not null,
        primary key (trade_id, step, trade_created_at)
      ) partition by range (trade_created_at)`);
    // The service may not create tables; it may call this, which makes the months up to so many ahead that are missing.
    // Attaching, unlike creating in place, lets the trades of the other months go on.
    this.addSql(`
      create function make_partitions(months_ahead int) returns void
        language plpgsql security definer set search_path = public, pg_temp as $$
      declare
        this_month timestamp := date_trunc('month', now() at time zone 'UTC');
        month timestamp;
        parent text;
        part text;
      begin
        perform pg_advisory_xact_lock(hashtext('make_partitions'));
        for ahead in 0..least(months_ahead, 24) loop
          month := this_month + make_interval(months => ahead);
          foreach parent in array array['trades', 'saga_log'] loop
            part := parent || to_char(month, '_YYYY_MM');
            continue when to_regclass(part) is not null;
            -- Room in each page for the next versions of its rows.
            execute format('create table %I (like %I including all) with (fillfactor = 70)', part, parent);
            execute format('alter table %I attach partition %I for values from (%L) to (%L)', parent, part,
              month at time zone 'UTC', (month + interval '1 month') at time zone 'UTC');
          end loop;
        end loop;
      end $$`);
    this.addSql(`select make_partitions(3)`);
    // How many of each kind the house has asked inventory for, and how many of these it has listed.
    this.addSql(`
      create table house_stock (
        item text primary key,
        made int not null default 0,
        listed int not null default 0 check (listed <= made)
      )`);
    for (const table of outboxTables) this.addSql(table);
    this.addSql(`grant usage on schema public to marketplace`);
    this.addSql(`grant select on migrations to marketplace`);
    this.addSql(`grant select, insert, update on listings, trades, house_stock to marketplace`);
    this.addSql(`grant select, insert on trade_keys, saga_log to marketplace`);
    this.addSql(`grant select, insert, update, delete on outbox, inbox to marketplace`);
    this.addSql(`revoke execute on function make_partitions from public`);
    this.addSql(`grant execute on function make_partitions to marketplace`);
  }
}
