import { afterEach, expect, test } from '@jest/globals';
import { createTopics, unique } from '../../tests/servers.ts';
import { recordsOf, testKafkaEnv, until } from '../../tests/records.ts';
import { RewardGranted, ScoreUpdated, topics, type MatchFinished } from '../contracts/events.ts';
import { kafkaClient } from '../platform/kafka/client.ts';
import { consume } from '../platform/kafka/consumer.ts';
import { openProducer } from '../platform/kafka/producer.ts';
import { ProcessLifecycle } from '../platform/lifecycle.ts';
import { everyOutcome } from './fixtures.ts';
import { giveRewards } from './handlers.ts';
import { earnedIn, rewardsSchema } from './rewards.ts';

/** Real: Kafka. A consumer group of its own is how everything is delivered once more. */
const rewards = rewardsSchema.parse({});
const parts: ProcessLifecycle[] = [];
const part = () => {
  const lifecycle = new ProcessLifecycle();
  parts.push(lifecycle);
  const kafka = kafkaClient(testKafkaEnv(), unique('reward'));
  return { lifecycle, kafka, producer: openProducer(kafka, lifecycle) };
};
afterEach(async () => {
  await Promise.all(parts.splice(0).map((one) => one.stop()));
});

/** Reward, put together as in main.ts, over a topic of the test's own. */
const startReward = async (topic: string) => {
  const { lifecycle, kafka, producer } = part();
  await consume(kafka, testKafkaEnv(), producer, lifecycle, {
    group: unique('reward'),
    topics: { [topic]: topics['match-events'] },
    handle: giveRewards(producer, rewards),
  });
};

const expected = (finished: MatchFinished) =>
  earnedIn(finished, rewards).flatMap(({ reward, score }) => [
    { topic: 'economy-events', key: reward.payload.playerId, value: JSON.stringify(reward) },
    { topic: 'leaderboard-events', key: score.payload.playerId, value: JSON.stringify(score) },
  ]);
const byText = (a: object, b: object) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1);

test('matches with every outcome, delivered twice: the second time all records are the same as the first, byte by byte', async () => {
  const [topic = ''] = await createTopics({ name: 'match-events', partitions: 3 });
  const matches = Array.from({ length: 10 }, everyOutcome);
  const { lifecycle, producer } = part();
  const written = await recordsOf(
    ['economy-events', 'leaderboard-events'],
    matches.map(({ payload }) => payload.matchId),
    lifecycle,
  );
  const traceOf = (index: number) => `00-${String(index + 1).padStart(32, '0')}-00f067aa0ba902b7-01`;
  await producer.send(
    matches.map((event, index) => ({
      topic,
      key: event.payload.matchId,
      value: JSON.stringify(event),
      headers: { traceparent: traceOf(index) },
    })),
  );
  await startReward(topic);
  // Two winners, a survivor and two eliminated of each match; bots get nothing.
  await until('the first time', () => written.length >= 10 * 5 * 2);
  const first = written.splice(0);
  await startReward(topic);
  await until('the second time', () => written.length >= 10 * 5 * 2);
  expect(written.toSorted(byText)).toEqual(first.toSorted(byText));

  const withoutHeaders = first.map(({ topic: to, key, value }) => ({ topic: to, key, value }));
  expect(withoutHeaders.toSorted(byText)).toEqual(matches.flatMap(expected).toSorted(byText));
  for (const record of first) {
    const parsed = JSON.parse(record.value) as unknown;
    const { payload } = record.topic === 'economy-events' ? RewardGranted.parse(parsed) : ScoreUpdated.parse(parsed);
    expect(record.key).toBe(payload.playerId);
    const index = matches.findIndex((match) => match.payload.matchId === payload.matchId);
    expect(record.headers['traceparent']).toBe(traceOf(index));
  }
});
