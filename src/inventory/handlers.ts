import type { EconomyEvent, EconomyEventOf } from '../contracts/events.ts';
import type { ItemId, TradeId } from '../contracts/ids.ts';
import type { Database } from '../platform/database/database.ts';
import type { Delivery } from '../platform/kafka/consumer.ts';
import { unseen } from '../platform/outbox/inbox.ts';
import { envelope, eventIdFrom, type Outgoing } from '../platform/outbox/outbox.ts';
import type { Relay } from '../platform/outbox/relay.ts';
import { metrics } from '../platform/telemetry/metrics.ts';
import { causedBy } from '../platform/telemetry/propagation.ts';
import { itemAfter, lockAfter, replyTo, type Command, type Item, type ReplyType } from './lock.ts';
import { addItems, lockItems, locksOf, write, type Changes, type Move, type NewItem, type TradeLock } from './store.ts';

type RewardGranted = EconomyEventOf<'RewardGranted'>;

/**
 * economy-events: items of rewards, and the commands of trades. All effects of a batch are one transaction. The trades of
 * one item come over several partitions to several replicas; what puts them into one order is the lock of the item's row.
 */
export const keepItems =
  (database: Database, relay: Relay) =>
  async (batch: Delivery<EconomyEvent>[]): Promise<void> => {
    const relevant = batch.filter(isRelevant);
    if (relevant.length === 0) return;
    const commands = relevant.filter(isCommand).map(({ event }) => event.payload);
    await database.transaction(async (transaction) => {
      // One round trip, in this order: what another replica did under the locks is seen once they are ours.
      const [fresh, , items, locks] = await Promise.all([
        unseen(transaction, 'inventory', relevant),
        // Of all, fresh or not: an item that is there is left as it is.
        addItems(transaction, relevant.flatMap(rewardItem)),
        lockItems(transaction, [...new Set(commands.map(({ itemId }) => itemId))]),
        locksOf(transaction, [...new Set(commands.map(({ tradeId }) => tradeId))]),
      ]);
      const asked = fresh.filter(isCommand);
      if (asked.length === 0) return;
      write(transaction, obey(asked, items, locks));
      transaction.afterCommit(() => {
        relay.wake();
      });
    });
  };

const isCommand = (delivery: Delivery<EconomyEvent>): delivery is Delivery<Command> =>
  delivery.event.type === 'LockItem' || delivery.event.type === 'TransferItem' || delivery.event.type === 'UnlockItem';

const isRelevant = (delivery: Delivery<EconomyEvent>): delivery is Delivery<RewardGranted | Command> =>
  isCommand(delivery) || (delivery.event.type === 'RewardGranted' && delivery.event.payload.item !== null);

const rewardItem = ({ event }: Delivery<RewardGranted | Command>): NewItem[] => {
  if (event.type !== 'RewardGranted' || event.payload.item === null) return [];
  const { item, playerId, matchId } = event.payload;
  return [{ ...item, ownerId: playerId, cause: 'REWARD', reference: matchId }];
};

/** What comes of the commands, one after the other. */
const obey = (
  commands: Delivery<Command>[],
  items: ReadonlyMap<ItemId, Item>,
  locks: ReadonlyMap<TradeId, TradeLock>,
): Changes => {
  const changedItems = new Map<ItemId, Item>();
  const changedLocks = new Map<TradeId, TradeLock>();
  const moves: Move[] = [];
  const events: Outgoing[] = [];
  for (const { event: command, record } of commands) {
    const { tradeId, itemId } = command.payload;
    const lock = changedLocks.get(tradeId) ?? locks.get(tradeId);
    if (lock && lock.itemId !== itemId) throw new Error(`trade ${tradeId} is about ${lock.itemId}, not ${itemId}`);
    const item = changedItems.get(itemId) ?? items.get(itemId);
    const state = lockAfter(command, lock?.state, item);
    events.push({ ...reply(command, replyTo(command.type, state)), headers: causedBy(record.headers) });
    if (state === lock?.state) {
      metrics.idempotencyHits.inc({ service: 'inventory', key_type: 'trade' });
      continue;
    }
    changedLocks.set(tradeId, { tradeId, itemId, state });
    const after = itemAfter(item, command.payload, [lock?.state, state]);
    if (!after || after === item) continue;
    changedItems.set(itemId, after);
    if (item && after.owners > item.owners) moves.push({ item: after, fromId: item.ownerId, tradeId });
  }
  return { items: [...changedItems.values()], locks: [...changedLocks.values()], moves, events };
};

const reply = ({ correlationId, eventId, payload: { tradeId } }: Command, type: ReplyType): Outgoing => ({
  topic: 'economy-events',
  key: tradeId,
  event: { ...envelope(correlationId, eventId, eventIdFrom(type, tradeId)), type, payload: { tradeId } },
});
