import { randomUUID } from 'node:crypto';
import type { Producer } from 'kafkajs';
import type { RewardGranted } from '../../../src/contracts/events.ts';
import { CorrelationId, ItemId, MatchId, type PlayerId } from '../../../src/contracts/ids.ts';
import type { CatalogueId } from '../../../src/contracts/items.ts';
import { envelope } from '../../../src/platform/outbox/outbox.ts';

export interface Grant {
  currency?: number;
  stamps?: number;
  items?: CatalogueId[];
}

/** A reward as a match would give it, so that none need be played. */
export const grant = async (producer: Producer, playerId: PlayerId, given: Grant): Promise<void> => {
  const { currency = 0, stamps = 0, items = [] } = given;
  const rewards = [
    { currency, stamps, item: null },
    ...items.map((itemId) => ({ currency: 0, stamps: 0, item: { id: ItemId.parse(randomUUID()), itemId } })),
  ];
  const events: RewardGranted[] = rewards.map((reward) => ({
    ...envelope(CorrelationId.parse(randomUUID()), null),
    type: 'RewardGranted',
    payload: { matchId: MatchId.parse(randomUUID()), playerId, outcome: 'WINNER', ...reward },
  }));
  await producer.send({
    topic: 'economy-events',
    messages: events.map((event) => ({ key: playerId, value: JSON.stringify(event) })),
  });
};
