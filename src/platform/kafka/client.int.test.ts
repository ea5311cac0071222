import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { makeCertificate, setKafkaPasswords, startKafka, type Certificate } from '../../../scripts/lib/kafka.ts';
import { freePort } from '../../../scripts/lib/ports.ts';
import type { ManagedProcess } from '../../../scripts/lib/process.ts';
import { foldersOf } from '../../../scripts/lib/servers.ts';
import { ownFolder, type OwnFolder } from '../../../tests/folder.ts';
import { changePassword, orders, SecretFile, Use } from '../../../tests/secret-file.ts';
import { kafkaEnv, readConfig } from '../config.ts';
import { kafkaClient } from './client.ts';

/** Real: a Kafka of its own, with TLS and SCRAM. */
let folder: OwnFolder;
let kafka: ManagedProcess;
let ports: { port: number; secured: { port: number; certificate: Certificate } };
let certificates: Certificate[];

const env = (more: Record<string, string> = {}) =>
  readConfig(kafkaEnv, {
    KAFKA_BROKERS: `127.0.0.1:${ports.secured.port}`,
    KAFKA_USERNAME: 'admin',
    KAFKA_PASSWORD: 'secret',
    KAFKA_TLS: 'true',
    KAFKA_TLS_CA_FILE: join(folder.path, 'trusted.crt'),
    ...more,
  });
const trust = (certificate: Certificate | undefined) => {
  cpSync(certificate?.caFile ?? '', join(folder.path, 'trusted.crt'));
};
const connect = async (more?: Record<string, string>) => {
  const admin = kafkaClient(env(more), 'test', { retry: { retries: 0 } }).admin();
  await admin.connect();
  await admin.disconnect();
};
/** Gives a user a password, which the broker knows some time after the controller has it. */
const setPassword = async (user: string, password: string) => {
  await setKafkaPasswords(`127.0.0.1:${ports.port}`, { [user]: password });
  const known = () =>
    connect({ KAFKA_USERNAME: user, KAFKA_PASSWORD: password }).then(
      () => true,
      () => false,
    );
  for (const deadline = Date.now() + 10_000; !(await known());) {
    if (Date.now() > deadline) throw new Error('the broker does not take the password');
    await sleep(50);
  }
};

beforeAll(async () => {
  folder = await ownFolder('kafka-client');
  certificates = await Promise.all(['first', 'second'].map((name) => makeCertificate(join(folder.path, name))));
  const [certificate] = certificates;
  if (certificate === undefined) throw new Error('no certificate');
  ports = { port: await freePort(), secured: { port: await freePort(), certificate } };
  kafka = await startKafka(foldersOf(folder.path), ports);
  trust(certificate);
  await setPassword('admin', 'secret');
});
afterAll(async () => {
  await kafka.stop();
  folder.remove();
});

test('speaks TLS to a broker of the CA that it trusts, and to no other', async () => {
  await connect();
  trust(certificates[1]);
  await expect(connect()).rejects.toThrow(/self.signed/);
  trust(certificates[0]);
  await expect(connect({ KAFKA_TLS_CA_FILE: '' })).rejects.toThrow(/self.signed/);
});

test('signs in with the password, and with no other', async () => {
  await expect(connect({ KAFKA_PASSWORD: 'other' })).rejects.toThrow('Authentication failed');
});

test.each(orders)('a password is changed under use: %s', async (order) => {
  const become = (password: string) => setPassword('user', password);
  await become('first');
  const file = new SecretFile(join(folder.path, 'password'), 'first');
  const kafka = kafkaClient(
    env({ KAFKA_USERNAME: 'user', KAFKA_PASSWORD: '', KAFKA_PASSWORD_FILE: file.path }),
    'test',
  );
  // As at every start, and as at every connection that was lost.
  const use = new Use(3, async () => {
    const admin = kafka.admin();
    await admin.connect();
    await admin.listTopics();
    await admin.disconnect();
  });
  await changePassword(order, file, become, use);
  expect(use.failed).toEqual([]);
});

test('a client that runs takes up a renewed CA by itself', async () => {
  const admin = kafkaClient(env(), 'test').admin();
  await admin.connect();
  const [, renewed] = certificates;
  if (renewed === undefined) throw new Error('no certificate');
  await kafka.stop();
  ports.secured.certificate = renewed;
  kafka = await startKafka(foldersOf(folder.path), ports);
  const asks = () =>
    admin.listTopics().then(
      () => true,
      () => false,
    );
  expect(await asks()).toBe(false);
  trust(renewed);
  for (const deadline = Date.now() + 30_000; !(await asks());) {
    if (Date.now() > deadline) throw new Error('not taken up');
    await sleep(100);
  }
  await admin.disconnect();
});
