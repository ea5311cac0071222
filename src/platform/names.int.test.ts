import dns from 'node:dns';
import { afterEach, expect, test } from '@jest/globals';
import { testKafkaEnv, until } from '../../tests/records.ts';
import { createDatabase, createTopics, servers, unique } from '../../tests/servers.ts';
import { topics } from '../contracts/events.ts';
import { readConfig, redisEnv } from './config.ts';
import { openDatabase } from './database/database.ts';
import { kafkaClient } from './kafka/client.ts';
import { consume } from './kafka/consumer.ts';
import { openProducer } from './kafka/producer.ts';
import { ProcessLifecycle } from './lifecycle.ts';
import { openRedis } from './redis.ts';

/** Real: PostgreSQL, Kafka and Redis. A double of name resolution, which learns one name in the middle. */
const { lookup } = dns;
afterEach(() => {
  dns.lookup = lookup;
});
/** From now on the name leads to this machine. */
const learn = (name: string): void => {
  const learned = (host: string, ...more: unknown[]) => {
    Reflect.apply(lookup, dns, [host === name ? '127.0.0.1' : host, ...more]);
  };
  dns.lookup = Object.assign(learned, lookup);
};

test('a service whose stores have no name yet waits for them, readiness names them, and it begins when they have', async () => {
  const lifecycle = new ProcessLifecycle();
  const own = await createDatabase();
  const [topic = ''] = await createTopics({ name: 'names', partitions: 1 });
  // By RFC 6761 nobody resolves it.
  const name = 'stores.invalid';
  const at = (address: string) => `${name}:${address.split(':')[1] ?? ''}`;
  try {
    const env = { ...testKafkaEnv(), KAFKA_BROKERS: [at(servers().kafka)] };
    const database = await openDatabase({ ...own.as('owner'), DATABASE_HOST: name }, lifecycle, 'names');
    const kafka = kafkaClient(env, 'names');
    const producer = openProducer(kafka, lifecycle);
    const redis = openRedis(readConfig(redisEnv, { REDIS_NODES: at(servers().redis) }), lifecycle, 'names');
    const joining = consume(kafka, env, producer, lifecycle, {
      group: unique('names'),
      topics: { [topic]: topics['match-events'] },
      handle: () => Promise.resolve(),
    });
    expect(await lifecycle.notReady()).toEqual(['database', 'kafka producer', 'kafka consumer']);
    learn(name);
    await joining;
    await until('all are there', async () => (await lifecycle.notReady()).length === 0);
    expect(await database.query({ text: 'select 1 as one' })).toEqual([{ one: 1 }]);
    await until('redis is there', async () => (await redis.ping().catch(() => '')) === 'PONG');
  } finally {
    await lifecycle.stop();
    await own.drop();
  }
}, 60_000);
