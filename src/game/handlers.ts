import type { MatchEvent } from '../contracts/events.ts';
import type { MatchId } from '../contracts/ids.ts';
import type { Delivery } from '../platform/kafka/consumer.ts';
import type { Hub } from './hub.ts';

/**
 * match-events: passes on what happened, match by match. It changes nothing, so a repeated event needs no inbox. StampUsed
 * is for others: players see the seal at the action itself, which has the same `seq`.
 */
export const passOn =
  (hub: Hub) =>
  (batch: Delivery<MatchEvent>[]): Promise<void> => {
    const told = batch.filter(({ event }) => event.type !== 'StampUsed');
    const byMatch = Map.groupBy(told, ({ event }): MatchId => event.payload.matchId);
    for (const [matchId, deliveries] of byMatch) {
      hub.publish(
        matchId,
        deliveries.map(({ event }) => event),
      );
    }
    return Promise.resolve();
  };
