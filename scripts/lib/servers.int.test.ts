import { afterAll, beforeAll, expect, test } from '@jest/globals';
import pg from 'pg';
import { createDatabase, createTopics, servers, type TestDatabase } from '../../tests/servers.ts';
import { applyTopics, withKafkaAdmin } from './kafka.ts';
import { readValues, topicsOf } from './values.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await createDatabase();
});
afterAll(() => database.drop());

test('every topic of the values and its dead letter queue exists, with its partitions', async () => {
  const topics = topicsOf(readValues());
  expect(topics.map(({ name }) => name)).toContain('player-actions.dlq');
  const metadata = await withKafkaAdmin(servers().kafka, (admin) =>
    admin.fetchTopicMetadata({ topics: topics.map(({ name }) => name) }),
  );
  const found = Object.fromEntries(metadata.topics.map(({ name, partitions }) => [name, partitions.length]));
  expect(found).toEqual(Object.fromEntries(topics.map(({ name, partitions }) => [name, partitions])));
});

test('a topic gets more partitions when the values ask for them, and never fewer', async () => {
  const [name = ''] = await createTopics({ name: 'grows', partitions: 2 });
  const apply = async (partitions: number) => {
    await applyTopics(servers().kafka, [{ name, partitions, retentionMs: 60_000, retentionBytes: -1 }]);
    const metadata = await withKafkaAdmin(servers().kafka, (admin) => admin.fetchTopicMetadata({ topics: [name] }));
    return metadata.topics[0]?.partitions.length;
  };
  expect(await apply(3)).toBe(3);
  expect(await apply(1)).toBe(3);
});

test('a service signs in to its database, and to no other', async () => {
  const connect = async (name: string) => {
    const { DATABASE_HOST, DATABASE_PORT, DATABASE_USER, DATABASE_PASSWORD } = database.as('combat');
    const client = new pg.Client({
      host: DATABASE_HOST,
      port: DATABASE_PORT,
      user: DATABASE_USER,
      password: DATABASE_PASSWORD?.current,
      database: name,
    });
    await client.connect();
    await client.end();
  };
  await connect('game_db');
  await expect(connect('wallet_db')).rejects.toThrow('permission denied');
});
