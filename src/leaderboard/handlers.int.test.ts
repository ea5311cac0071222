import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { applyTopics } from '../../scripts/lib/kafka.ts';
import { createDatabase, createTopics, servers, unique, type TestDatabase } from '../../tests/servers.ts';
import { ScoreUpdated } from '../contracts/events.ts';
import { kafkaEnv, readConfig } from '../platform/config.ts';
import { kafkaClient } from '../platform/kafka/client.ts';
import { consume } from '../platform/kafka/consumer.ts';
import { openProducer } from '../platform/kafka/producer.ts';
import { migrations } from './migrations/index.ts';
import { aPlayer, aScore, openReplica, ranked, scoreUpdated, totalsOf, until, type Replica } from './test-replica.ts';

/** Real: Kafka, PostgreSQL, Redis. */
let db: TestDatabase;
const replicas: Replica[] = [];
const replica = async () => {
  const opened = await openReplica(db.as('leaderboard'), Number(servers().redis.split(':')[1]));
  replicas.push(opened);
  return opened;
};
beforeAll(async () => {
  db = await createDatabase(migrations);
});
afterAll(async () => {
  await Promise.all(replicas.map(({ lifecycle }) => lifecycle.stop()));
  await db.drop();
});

test('what another group reads again from the beginning changes nothing, and a score that cannot be is given up', async () => {
  const [topic = ''] = await createTopics({ name: 'leaderboard-events', partitions: 4 });
  await applyTopics(servers().kafka, [{ name: `${topic}.dlq`, partitions: 1, retentionMs: -1, retentionBytes: -1 }]);
  const one = await replica();
  const env = readConfig(kafkaEnv, { KAFKA_BROKERS: servers().kafka });
  const kafka = kafkaClient(env, 'leaderboard');
  const producer = openProducer(kafka, one.lifecycle);
  const players = Array.from({ length: 5 }, aPlayer);
  const scores = players.flatMap((player) => Array.from({ length: 20 }, (_, match) => aScore(player, match)));
  const records = [...scores, aScore(players[0] ?? aPlayer(), 2 ** 40), ...scores].map((score) => ({
    topic,
    key: score.playerId,
    value: JSON.stringify(scoreUpdated(score)),
  }));
  await producer.send(records);
  const read = async (by: Replica) => {
    let seen = 0;
    await consume(kafka, env, producer, by.lifecycle, {
      group: unique('leaderboard'),
      topics: { [topic]: ScoreUpdated },
      handle: async (batch) => {
        await by.handle(batch);
        seen += batch.length;
      },
    });
    await until('all is read', () => seen >= 2 * scores.length);
  };
  await read(one);
  const expected = ranked(totalsOf(scores));
  expect(await one.scores.top(100)).toEqual(expected);
  await read(await replica());
  expect(await one.scores.top(100)).toEqual(expected);
});
