import type { AnyEvent, MatchEvent, MatchFinished } from '../contracts/events.ts';
import type { Delivery } from '../platform/kafka/consumer.ts';
import type { OutgoingRecord, Producer } from '../platform/kafka/producer.ts';
import { causedBy } from '../platform/telemetry/propagation.ts';
import { earnedIn, type Rewards } from './rewards.ts';

/**
 * match-events: rewards and points of each match that ends. There is no memory of what was sent. A match that comes again
 * is told again by the same events, which their consumers know. The batch counts as handled once Kafka has them all.
 */
export const giveRewards =
  (producer: Producer, rewards: Rewards) =>
  async (batch: Delivery<MatchEvent>[]): Promise<void> => {
    await Promise.all(
      batch.flatMap(({ event, record }) => {
        if (event.type !== 'MatchFinished') return [];
        const headers = causedBy(record.headers);
        return producer.send(recordsOf(event, rewards).map((each) => ({ ...each, headers })));
      }),
    );
  };

const recordsOf = (finished: MatchFinished, rewards: Rewards): OutgoingRecord[] =>
  earnedIn(finished, rewards).flatMap(({ reward, score }) => [
    toRecord('economy-events', reward.payload.playerId, reward),
    toRecord('leaderboard-events', score.payload.playerId, score),
  ]);

const toRecord = (topic: string, key: string, event: AnyEvent): OutgoingRecord => ({
  topic,
  key,
  value: JSON.stringify(event),
});
