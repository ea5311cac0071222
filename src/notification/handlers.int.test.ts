import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import { createDatabase, createTopics, servers, unique, type TestDatabase } from '../../tests/servers.ts';
import { EconomyEvent, MatchEvent } from '../contracts/events.ts';
import { kafkaEnv, readConfig } from '../platform/config.ts';
import { kafkaClient } from '../platform/kafka/client.ts';
import { consume } from '../platform/kafka/consumer.ts';
import { openProducer } from '../platform/kafka/producer.ts';
import { migrations } from './migrations/index.ts';
import { aPlayer, aReward, Device, KeyHolder, openReplica, until, type Replica } from './test-replica.ts';

/** Real: Kafka, PostgreSQL, Redis, WebSocket. The keys are told by the test. */
let db: TestDatabase;
let keys: KeyHolder;
let replicas: Replica[] = [];
beforeAll(async () => {
  db = await createDatabase(migrations);
  keys = new KeyHolder();
  await keys.open();
  const port = Number(servers().redis.split(':')[1]);
  replicas = await Promise.all([1, 2].map(() => openReplica(db.as('notification'), port, keys)));
  await Promise.all(replicas.map((each) => each.withRedis()));
});
afterAll(async () => {
  await Promise.all(replicas.map(({ lifecycle }) => lifecycle.stop()));
  keys.close();
  await db.drop();
});

test('of both topics, to the players concerned, and what is read again is not told again', async () => {
  const [one, other] = replicas;
  if (!one || !other) throw new Error('no replicas');
  const [economy = '', match = ''] = await createTopics(
    { name: 'economy-events', partitions: 3 },
    { name: 'match-events', partitions: 3 },
  );
  const env = readConfig(kafkaEnv, { KAFKA_BROKERS: servers().kafka });
  const kafka = kafkaClient(env, 'notification');
  const producer = openProducer(kafka, one.lifecycle);
  const player = aPlayer();
  const reward = aReward(player);
  const cancelled = {
    ...aReward(player),
    type: 'MatchCancelled',
    payload: { matchId: reward.payload.matchId, players: [{ playerId: player, username: 'ada', bot: false }] },
  };
  const listener = new Device(other.url, await keys.token(player));
  await listener.welcomed();
  await producer.send([
    { topic: match, key: cancelled.payload.matchId, value: JSON.stringify(cancelled) },
    { topic: economy, key: player, value: JSON.stringify(reward) },
    { topic: economy, key: player, value: JSON.stringify({ ...reward, type: 'SomethingNewer' }) },
  ]);
  const read = async (by: Replica) => {
    let seen = 0;
    await consume<EconomyEvent | MatchEvent>(kafka, env, producer, by.lifecycle, {
      group: unique('notification'),
      topics: { [economy]: EconomyEvent, [match]: MatchEvent },
      handle: async (batch) => {
        await by.handle(batch);
        seen += batch.length;
      },
    });
    await until('all is read', () => seen >= 2);
  };
  await read(one);
  await until('it is told', () => listener.told.length === 2);
  await read(other);
  await sleep(100);
  expect(listener.told.map(({ type }) => type).sort()).toEqual(['match.cancelled', 'reward.granted']);
  listener.socket.disconnect();
});
