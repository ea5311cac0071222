import { Migration } from '@mikro-orm/migrations';
import { outboxTables } from '../../platform/outbox/outbox.ts';

/**
 * Items, who owned them, and which trade has locked them. What must never be is refused here, whatever the code does: an
 * owner who is not the last of the item's history, a gap in the history, a lock that two trades hold or that has ended.
 */
export class Items extends Migration {
  override up(): void {
    this.addSql(`
      create table items (
        id uuid primary key,
        -- Which kind of item it is: an id of the catalogue.
        item_id text not null,
        owner_id uuid not null,
        -- How many owners it has had; the last entry of its history has this number.
        owners int not null default 1,
        -- The trade that has it.
        locked_by uuid,
        acquired_at timestamptz not null default now()
      )`);
    this.addSql(`create index items_owner on items (owner_id, item_id)`);
    this.addSql(`
      create table item_history (
        item_id uuid not null references items,
        number int not null check (number > 0),
        owner_id uuid not null,
        -- The owner before; null for what is new.
        from_id uuid,
        cause text not null check (cause in ('REWARD', 'HOUSE', 'TRADE')),
        -- The match or the trade; null for what the house was given.
        reference uuid,
        at timestamptz not null default now(),
        previous int generated always as (number - 1) stored,
        primary key (item_id, number),
        unique (item_id, number, owner_id),
        foreign key (item_id, previous, from_id) references item_history (item_id, number, owner_id),
        check ((number = 1) = (from_id is null)),
        check ((number = 1) = (cause <> 'TRADE')),
        check ((reference is null) = (cause = 'HOUSE'))
      )`);
    this.addSql(`create unique index item_history_trade on item_history (reference) where cause = 'TRADE'`);
    this.addSql(`
      alter table items add foreign key (id, owners, owner_id)
        references item_history (item_id, number, owner_id) deferrable initially deferred`);
    // For ever: a command of a trade that comes again, however late, is answered by what is here.
    this.addSql(`
      create table item_locks (
        trade_id uuid primary key,
        item_id uuid not null,
        state text not null check (state in ('LOCKED', 'REFUSED', 'TRANSFERRED', 'RELEASED')),
        changed_at timestamptz not null default now(),
        -- The item, while it is locked.
        held uuid generated always as (case when state = 'LOCKED' then item_id end) stored,
        -- At the commit: within a transaction an item may go from one trade to the next.
        unique (held) deferrable initially deferred,
        unique (trade_id, held)
      )`);
    this.addSql(`
      alter table items add foreign key (locked_by, id)
        references item_locks (trade_id, held) deferrable initially deferred`);
    for (const table of outboxTables) this.addSql(table);
    this.addSql(`grant usage on schema public to inventory`);
    this.addSql(`grant select on migrations to inventory`);
    this.addSql(`grant select, insert, update on items, item_locks to inventory`);
    this.addSql(`grant select, insert on item_history to inventory`);
    this.addSql(`grant select, insert, update, delete on outbox, inbox to inventory`);
  }
}
