import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { makeCertificate, setKafkaPasswords, startKafka, type Certificate } from '../../../scripts/lib/kafka.ts';
import { freePort } from '../../../scripts/lib/ports.ts';
import { withPostgres } from '../../../scripts/lib/postgres.ts';
import type { ManagedProcess } from '../../../scripts/lib/process.ts';
import { foldersOf } from '../../../scripts/lib/servers.ts';
import { ownFolder, type OwnFolder } from '../../../tests/folder.ts';
import { servers, unique } from '../../../tests/servers.ts';
import { kafkaEnv, readConfig } from '../../platform/config.ts';
import { kafkaClient } from '../../platform/kafka/client.ts';
import type { KafkaPlan, StoresPlan } from './plan.ts';
import { prepareStores } from './prepare.ts';

/** Real: PostgreSQL and Redis, and a Kafka of its own with TLS, SCRAM and ACLs. */
let folder: OwnFolder;
let kafka: ManagedProcess;
let secured: { port: number; certificate: Certificate };
beforeAll(async () => {
  folder = await ownFolder('stores');
  secured = { port: await freePort(), certificate: await makeCertificate(folder.path) };
  const port = await freePort();
  kafka = await startKafka(foldersOf(folder.path), { port, secured });
  await setKafkaPasswords(`127.0.0.1:${port}`, { admin: 'admin-secret' });
});
afterAll(async () => {
  await kafka.stop();
  folder.remove();
});

let said: string[];
beforeEach(() => {
  said = [];
});
const prepare = async (plan: Partial<StoresPlan>, secrets: Record<string, string>): Promise<boolean> => {
  said = [];
  const secret = (at: string, key: string) => secrets[`${at}/${key}`] ?? '';
  return prepareStores({ kafka: null, databases: [], redis: null, ...plan }, secret, (line) => said.push(line));
};
const problems = () => said.filter((line) => line.startsWith('PROBLEM'));

const kafkaSettings = () => ({
  KAFKA_BROKERS: `127.0.0.1:${secured.port}`,
  KAFKA_TLS: 'true',
  KAFKA_TLS_CA_FILE: secured.certificate.caFile,
});
const kafkaPlan = (manage: KafkaPlan['manage']): KafkaPlan & { user: string; read: string; written: string } => {
  const [user, read, written] = [unique('user'), unique('read'), unique('written')];
  const topic = (partitions: number) => ({ partitions, config: { 'retention.ms': '3600000' } });
  return {
    ...{ user, read, written, manage },
    env: kafkaSettings(),
    admin: true,
    replicas: 1,
    topics: { [read]: topic(3), [`${read}.dlq`]: topic(1), [written]: topic(2) },
    users: { [user]: { reads: [read], writes: [written] } },
  };
};
const kafkaSecrets = (user: string) => ({
  'kafka-admin/username': 'admin',
  'kafka-admin/password': 'admin-secret',
  [`kafka/${user}/password`]: 'user-secret',
});
const asUser = (user: string, password = 'user-secret') =>
  kafkaClient(
    readConfig(kafkaEnv, { ...kafkaSettings(), KAFKA_USERNAME: user, KAFKA_PASSWORD: password }),
    unique('test'),
    { retry: { retries: 2 } },
  );
/** Whether the user can write there as services do. */
const writes = async (user: string, topic: string): Promise<boolean> => {
  const producer = asUser(user).producer({ idempotent: true, maxInFlightRequests: 1 });
  try {
    await producer.connect();
    await producer.send({ topic, acks: -1, messages: [{ key: 'k', value: 'v' }] });
    return true;
  } catch (error) {
    expect(String(error)).toMatch(/not authorized/i);
    return false;
  } finally {
    await producer.disconnect();
  }
};
test('Kafka: topics, users and ACLs are made; a user writes where it must and nowhere else; again changes nothing', async () => {
  const { user, read, written, ...plan } = kafkaPlan('job');
  const secrets = kafkaSecrets(user);
  expect([await prepare({ kafka: plan }, secrets), problems()]).toEqual([true, []]);
  expect(said).toContain(`Kafka: topic ${read} made`);
  expect(await writes(user, written)).toBe(true);
  expect(await writes(user, `${read}.dlq`)).toBe(true);
  expect(await writes(user, read)).toBe(false);

  await prepare({ kafka: plan }, secrets);
  expect(said).toEqual(['all stores are ready']);

  const grown = { ...plan.topics, [written]: { partitions: 4, config: { 'retention.ms': '7200000' } } };
  const less = { [user]: { reads: [read], writes: [] } };
  expect(await prepare({ kafka: { ...plan, topics: grown, users: less } }, secrets)).toBe(true);
  expect(new Set(said)).toEqual(
    new Set([
      `Kafka: topic ${written} has 4 partitions now`,
      `Kafka: topic ${written}: retention.ms=7200000`,
      `Kafka: user ${user} may no longer Write on topic ${written}`,
      `Kafka: user ${user} may no longer Describe on topic ${written}`,
      'all stores are ready',
    ]),
  );
});

test('Kafka: what is missing is named, and nothing is made', async () => {
  const { user, read, ...plan } = kafkaPlan('none');
  expect(await prepare({ kafka: plan }, kafkaSecrets(user))).toBe(false);
  expect(problems()).toContain(`PROBLEM  Kafka: user ${user} cannot sign in with the password of its Secret`);
  expect(problems()).toContain(`PROBLEM  Kafka: user ${user} lacks an ACL: Read on topic ${read}`);
  const wrong = { ...kafkaSecrets(user), 'kafka-admin/password': 'wrong' };
  await prepare({ kafka: { ...plan, manage: 'job' } }, wrong);
  expect(problems()).toHaveLength(1);
  expect(said.join()).toContain('kafka.external.adminSecret');
  expect(said.join()).not.toMatch(/secret-|user-secret|'wrong'/);
});

const databasePlan = (manage: 'job' | 'none') => {
  const suffix = randomUUID().slice(0, 8);
  const [name, owner, guest, admin] = ['db', 'owner', 'guest', 'admin'].map((part) => `${part}_${suffix}`) as [
    string,
    string,
    string,
    string,
  ];
  const { host, port } = servers().postgres;
  const env = { DATABASE_HOST: host, DATABASE_PORT: String(port), DATABASE_NAME: name };
  const plan = { key: 'wallet', manage, env, roles: { owner, wallet: guest } };
  const secrets = {
    'database/wallet/admin/username': admin,
    'database/wallet/admin/password': 'admin-secret',
    'database/wallet/owner/password': 'owner-secret',
    'database/wallet/wallet/password': 'guest-secret',
  };
  return { plan, secrets, name, owner, guest, admin };
};

test('PostgreSQL: an admin who is no superuser makes database and roles; passwords follow their Secrets; again changes nothing', async () => {
  const { plan, secrets, name, owner, guest, admin } = databasePlan('job');
  const { postgres } = servers();
  const superuser = (sql: string) => withPostgres(postgres, 'postgres', (client) => client.query(sql));
  await superuser(`create role ${admin} login createdb createrole password 'admin-secret'`);
  try {
    expect([await prepare({ databases: [plan] }, secrets), problems()]).toEqual([true, []]);
    const as = async (user: string, password: string, sql: string): Promise<string> => {
      const client = new pg.Client({ host: postgres.host, port: postgres.port, database: name, user, password });
      try {
        await client.connect();
        await client.query(sql);
        return 'done';
      } catch (error) {
        return error instanceof Error ? error.message : String(error);
      } finally {
        await client.end();
      }
    };
    expect(await as(owner, 'owner-secret', 'create schema mine')).toBe('done');
    expect(await as(guest, 'guest-secret', 'select 1')).toBe('done');
    expect(await as(guest, 'guest-secret', 'create schema mine2')).toMatch('permission denied');
    expect(await as(admin, 'admin-secret', 'select 1')).toMatch('permission denied');

    await prepare({ databases: [plan] }, secrets);
    expect(said).toEqual(['all stores are ready']);
    const changed = { ...secrets, 'database/wallet/wallet/password': 'another-secret' };
    expect(await prepare({ databases: [{ ...plan, manage: 'none' }] }, changed)).toBe(false);
    expect(problems()).toEqual([expect.stringContaining(`databases.wallet: role ${guest} cannot sign in to ${name}`)]);
    expect(await prepare({ databases: [plan] }, changed)).toBe(true);
    expect(await as(guest, 'another-secret', 'select 1')).toBe('done');
    expect(said.join()).not.toContain('another-secret');
  } finally {
    await superuser(`drop database if exists ${name} with (force)`);
    for (const role of [owner, guest, admin]) await superuser(`drop role if exists ${role}`);
  }
});

test('PostgreSQL: each role that is missing is named', async () => {
  const { plan, secrets, owner, guest } = databasePlan('none');
  expect(await prepare({ databases: [plan] }, secrets)).toBe(false);
  expect(problems()).toEqual([expect.stringContaining(`role ${owner}`), expect.stringContaining(`role ${guest}`)]);
});

test('Redis: whether it answers as the values say is told', async () => {
  const { redis } = servers();
  expect(await prepare({ redis: { env: { REDIS_NODES: redis } } }, {})).toBe(true);
  expect(await prepare({ redis: { env: { REDIS_NODES: `127.0.0.1:${await freePort()}` } } }, {})).toBe(false);
  expect(problems()).toEqual([expect.stringContaining('redis.external')]);
});
