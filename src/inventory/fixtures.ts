/** For tests: items, and commands of trades for them. */
import { randomUUID } from 'node:crypto';
import { CorrelationId, EventId, ItemId, PlayerId, TradeId } from '../contracts/ids.ts';
import type { Command } from './lock.ts';

export const aPlayer = (): PlayerId => PlayerId.parse(randomUUID());
export const anItem = (): ItemId => ItemId.parse(randomUUID());

/** A trade's sentence for each of its commands. */
export type TradeOf = Command['payload'];
export const aTrade = (more: Partial<TradeOf> = {}): TradeOf => ({
  tradeId: TradeId.parse(randomUUID()),
  itemId: anItem(),
  sellerId: aPlayer(),
  buyerId: aPlayer(),
  ...more,
});

/** A command, as an event that has not been seen before. */
export const command = (type: Command['type'], payload: TradeOf): Command => ({
  eventId: EventId.parse(randomUUID()),
  correlationId: CorrelationId.parse(randomUUID()),
  causationId: null,
  version: 1,
  timestamp: new Date().toISOString(),
  type,
  payload,
});
