import type { ItemId, MatchId, PlayerId, TradeId } from '../contracts/ids.ts';
import type { CatalogueId } from '../contracts/items.ts';
import type { Queryable, Transaction } from '../platform/database/database.ts';
import { insertOutbox, outboxRows, type Outgoing } from '../platform/outbox/outbox.ts';
import type { Item, LockState } from './lock.ts';

export interface NewItem {
  id: ItemId;
  itemId: CatalogueId;
  ownerId: PlayerId;
  cause: 'REWARD' | 'HOUSE';
  /** The match that it is the reward of. */
  reference: MatchId | null;
}

export interface TradeLock {
  tradeId: TradeId;
  itemId: ItemId;
  state: LockState;
}

/** An item that a trade has brought to its new owner: an entry of its history. */
export interface Move {
  item: Item;
  fromId: PlayerId;
  tradeId: TradeId;
}

export interface Changes {
  items: Item[];
  locks: TradeLock[];
  moves: Move[];
  events: Outgoing[];
}

/** Adds items, each with the first entry of its history. An id that is there is left as it is. */
export const addItems = async (on: Queryable, items: NewItem[]): Promise<void> => {
  if (items.length === 0) return;
  await on.query(
    {
      name: 'inventory-add',
      // In the order of the ids, so that two who add the same never wait for each other in a circle.
      text: `with given as (
               select distinct on (id) * from jsonb_to_recordset($1::jsonb)
                 as r(id uuid, "itemId" text, "ownerId" uuid, cause text, reference uuid) order by id
             ), added as (
               insert into items (id, item_id, owner_id) select id, "itemId", "ownerId" from given order by id
               on conflict (id) do nothing returning id
             )
             insert into item_history (item_id, number, owner_id, cause, reference)
             select id, 1, "ownerId", cause, reference from given join added using (id)`,
    },
    [JSON.stringify(items)],
  );
};

/** Locks the rows of items, in the order of their ids: two replicas never wait for each other in a circle. */
export const lockItems = async (transaction: Transaction, ids: ItemId[]): Promise<Map<ItemId, Item>> => {
  const rows = await transaction.query<{ id: ItemId; owner_id: PlayerId; owners: number; locked_by: TradeId | null }>(
    {
      name: 'inventory-lock',
      text: `select id, owner_id, owners, locked_by from items where id = any ($1::uuid[]) order by id for update`,
    },
    [ids],
  );
  return new Map(
    rows.map(({ id, owner_id, owners, locked_by }) => [id, { id, ownerId: owner_id, owners, lockedBy: locked_by }]),
  );
};

/** What is known of the locks of these trades. */
export const locksOf = async (transaction: Transaction, tradeIds: TradeId[]): Promise<Map<TradeId, TradeLock>> => {
  const rows = await transaction.query<{ trade_id: TradeId; item_id: ItemId; state: LockState }>(
    {
      name: 'inventory-locks',
      text: 'select trade_id, item_id, state from item_locks where trade_id = any ($1::uuid[])',
    },
    [tradeIds],
  );
  return new Map(rows.map(({ trade_id, item_id, state }) => [trade_id, { tradeId: trade_id, itemId: item_id, state }]));
};

/** Everything that the commands of a batch change, in one statement. */
export const write = (transaction: Transaction, { items, locks, moves, events }: Changes): void => {
  transaction.send(
    {
      name: 'inventory-write',
      text: `with held as (
               insert into item_locks (trade_id, item_id, state)
               select "tradeId", "itemId", state
               from jsonb_to_recordset($1::jsonb) as r("tradeId" uuid, "itemId" uuid, state text)
               on conflict (trade_id) do update set state = excluded.state, changed_at = now()
             ), kept as (
               update items i set owner_id = r."ownerId", owners = r.owners, locked_by = r."lockedBy",
                 acquired_at = case when r.owners = i.owners then i.acquired_at else now() end
               from jsonb_to_recordset($2::jsonb) as r(id uuid, "ownerId" uuid, owners int, "lockedBy" uuid)
               -- By the ids too: how many rows the JSON has, no plan knows, and it would read all items for them.
               where i.id = any ($5::uuid[]) and i.id = r.id
             ), moved as (
               insert into item_history (item_id, number, owner_id, from_id, cause, reference)
               select i.id, i.owners, i."ownerId", r."fromId", 'TRADE', r."tradeId"
               from jsonb_to_recordset($3::jsonb) as r(item jsonb, "fromId" uuid, "tradeId" uuid),
                 jsonb_to_record(r.item) as i(id uuid, owners int, "ownerId" uuid)
             )
             ${insertOutbox(4)}`,
    },
    [
      JSON.stringify(locks),
      JSON.stringify(items),
      JSON.stringify(moves),
      outboxRows(events),
      items.map(({ id }) => id),
    ],
  );
};
