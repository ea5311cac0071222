import { randomUUID } from 'node:crypto';
import { createDatabaseOf } from '../../tests/servers.ts';
import { EconomyEvent, type EconomyEventOf } from '../contracts/events.ts';
import { CorrelationId, EventId, MatchId, type ItemId, type PlayerId, type TradeId } from '../contracts/ids.ts';
import type { CatalogueId } from '../contracts/items.ts';
import { openDatabase } from '../platform/database/database.ts';
import type { Delivery } from '../platform/kafka/consumer.ts';
import { ProcessLifecycle } from '../platform/lifecycle.ts';
import { aTrade, type TradeOf } from './fixtures.ts';
import { keepItems } from './handlers.ts';
import { migrations } from './migrations/index.ts';

const noRelay = { wake: () => undefined };

export const deliver = (event: EconomyEvent): Delivery<EconomyEvent> => ({
  event,
  topic: 'economy-events',
  partition: 0,
  record: { key: null, value: null, timestamp: '0', attributes: 0, offset: '0', headers: {} },
});

export const reward = (
  playerId: PlayerId,
  id: ItemId | null,
  itemId: CatalogueId = 'iron_sword',
): EconomyEventOf<'RewardGranted'> => ({
  eventId: EventId.parse(randomUUID()),
  correlationId: CorrelationId.parse(randomUUID()),
  causationId: null,
  version: 1,
  timestamp: new Date().toISOString(),
  type: 'RewardGranted',
  payload: {
    matchId: MatchId.parse(randomUUID()),
    playerId,
    outcome: 'WINNER',
    currency: 500,
    stamps: 3,
    item: id && { id, itemId },
  },
});

/** Of the same item as another trade. */
export const aRival = ({ itemId, sellerId }: TradeOf): TradeOf => aTrade({ itemId, sellerId });

interface ItemRow {
  owner_id: PlayerId;
  owners: number;
  locked_by: TradeId | null;
}

/** An inventory_db of one's own, and three replicas of inventory: handlers, each with connections of its own. */
export const openInventory = async () => {
  const lifecycle = new ProcessLifecycle();
  const own = await createDatabaseOf('inventory', migrations);
  const open = () => openDatabase(own.as('inventory'), lifecycle, 'inventory');
  const database = await open();
  const replicas = [
    keepItems(database, noRelay),
    keepItems(await open(), noRelay),
    keepItems(await open(), noRelay),
  ] as const;
  const handle = (replica: 0 | 1 | 2, ...events: EconomyEvent[]) => replicas[replica](events.map(deliver));

  const itemRow = async (id: ItemId) => {
    const rows = await database.query<ItemRow>(
      { text: 'select owner_id, owners, locked_by from items where id = $1' },
      [id],
    );
    return rows[0];
  };
  const historyOf = (id: ItemId) =>
    database.query<{ owner_id: PlayerId; from_id: PlayerId | null; cause: string; reference: string | null }>(
      { text: 'select owner_id, from_id, cause, reference from item_history where item_id = $1 order by number' },
      [id],
    );
  const lockOf = async ({ tradeId }: TradeOf) => {
    const text = 'select state from item_locks where trade_id = $1';
    const rows = await database.query<{ state: string }>({ text }, [tradeId]);
    return rows[0]?.state;
  };
  const replies = async ({ tradeId }: TradeOf): Promise<EconomyEvent[]> => {
    const rows = await database.query<{ value: string }>(
      { text: `select value from outbox where topic = 'economy-events' and key = $1 order by id` },
      [tradeId],
    );
    return rows.map(({ value }) => EconomyEvent.parse(JSON.parse(value)));
  };
  return {
    env: own.as('inventory'),
    database,
    /** What one replica is given as one batch. */
    handle,
    /** A trade of an item that its seller has. */
    aTradeOfOwned: async (): Promise<TradeOf> => {
      const trade = aTrade();
      await handle(0, reward(trade.sellerId, trade.itemId));
      return trade;
    },
    itemRow,
    historyOf,
    lockOf,
    replies,
    /** The types of the replies. */
    told: async (trade: TradeOf) => (await replies(trade)).map(({ type }) => type),
    /** All that a trade could change. */
    everything: async (trade: TradeOf) => ({
      item: await itemRow(trade.itemId),
      history: await historyOf(trade.itemId),
      lock: await lockOf(trade),
    }),
    close: async () => {
      await lifecycle.stop();
      await own.drop();
    },
  };
};
export type TestInventory = Awaited<ReturnType<typeof openInventory>>;
