import { expect, test } from '@jest/globals';
import { setImmediate as turn } from 'node:timers/promises';
import type { MatchEvent } from '../contracts/events.ts';
import { UnavailableError } from '../platform/errors.ts';
import type { Delivery } from '../platform/kafka/consumer.ts';
import type { OutgoingRecord, Producer } from '../platform/kafka/producer.ts';
import { everyOutcome } from './fixtures.ts';
import { giveRewards } from './handlers.ts';
import { rewardsSchema } from './rewards.ts';

/** Kafka is a written double that confirms, or fails, when it is told to. */
class HeldProducer implements Producer {
  readonly records: OutgoingRecord[] = [];
  private readonly waiting: { confirm: () => void; fail: (error: Error) => void }[] = [];

  send(records: OutgoingRecord[]): Promise<void> {
    this.records.push(...records);
    return new Promise((confirm, fail) => this.waiting.push({ confirm, fail }));
  }

  confirmOne(): void {
    this.waiting.shift()?.confirm();
  }

  fail(): void {
    for (const { fail } of this.waiting.splice(0)) fail(new UnavailableError('Kafka did not confirm'));
  }
}

const deliver = (event: MatchEvent): Delivery<MatchEvent> => ({
  event,
  topic: 'match-events',
  partition: 0,
  record: { key: null, value: null, timestamp: '0', attributes: 0, offset: '0', headers: {} },
});
const rewards = rewardsSchema.parse({});

test('a batch counts as handled once Kafka has every event of every match in it, and not before', async () => {
  const producer = new HeldProducer();
  let handled = false;
  const handling = giveRewards(
    producer,
    rewards,
  )([everyOutcome(), everyOutcome()].map(deliver)).then(() => {
    handled = true;
  });
  expect(producer.records).toHaveLength(2 * 5 * 2);
  producer.confirmOne();
  await turn();
  expect(handled).toBe(false);
  producer.confirmOne();
  await handling;
});

test('when Kafka does not confirm the batch is not handled, and tried again it sends the same, byte by byte', async () => {
  const producer = new HeldProducer();
  const give = giveRewards(producer, rewards);
  const batch = [everyOutcome(), everyOutcome()].map(deliver);
  const failing = give(batch);
  producer.confirmOne();
  producer.fail();
  await expect(failing).rejects.toThrow(UnavailableError);
  const again = give(batch);
  producer.confirmOne();
  producer.confirmOne();
  await again;
  const half = producer.records.length / 2;
  expect(producer.records.slice(half)).toEqual(producer.records.slice(0, half));
});

test('nothing but the end of a match is rewarded', async () => {
  const producer = new HeldProducer();
  const { eventId, correlationId, timestamp, payload } = everyOutcome();
  await giveRewards(
    producer,
    rewards,
  )([
    deliver({
      ...{ eventId, correlationId, causationId: null, version: 1, timestamp },
      type: 'MatchCancelled',
      payload: { matchId: payload.matchId, players: payload.result.scores },
    }),
  ]);
  expect(producer.records).toEqual([]);
});
