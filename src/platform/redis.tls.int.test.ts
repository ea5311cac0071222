import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { Redis } from 'ioredis';
import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort, freePortWithBus } from '../../scripts/lib/ports.ts';
import type { ManagedProcess } from '../../scripts/lib/process.ts';
import { startRedis } from '../../scripts/lib/redis.ts';
import { foldersOf } from '../../scripts/lib/servers.ts';
import { certificates } from '../../tests/certificates.ts';
import { ownFolder, type OwnFolder } from '../../tests/folder.ts';
import { readConfig, redisEnv, type RedisEnv } from './config.ts';
import { ProcessLifecycle } from './lifecycle.ts';
import { openChannel, openRedis, type RedisClient } from './redis.ts';

/** Real: a Redis with TLS, by itself and as a cluster of one, with certificates of two CAs for the name localhost. */
interface Server {
  process: ManagedProcess;
  /** Without TLS, for who administers it. */
  admin: Redis;
  tlsPort: number;
}
let folder: OwnFolder;
let single: Server;
let cluster: Server;
let lifecycle: ProcessLifecycle;
const file = (name: string) => join(folder.path, name);

const start = async (name: string, more: Record<string, string>): Promise<Server> => {
  const port = await freePort();
  // With TLS the bus of a cluster's node is counted from this port.
  const tlsPort = await freePortWithBus();
  const settings = {
    ...more,
    'tls-port': String(tlsPort),
    'tls-cert-file': file('first-server.crt'),
    'tls-key-file': file('first-server.key'),
    'tls-auth-clients': 'no',
  };
  return { process: await startRedis(foldersOf(file(name)), port, settings), admin: new Redis(port), tlsPort };
};
/** The server presents a certificate of this CA from now on, and nobody stays connected. */
const present = async ({ admin }: Server, name: string): Promise<void> => {
  await admin.config(
    'SET',
    ...['tls-cert-file', file(`${name}-server.crt`)],
    ...['tls-key-file', file(`${name}-server.key`)],
  );
  await admin.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
  await admin.call('CLIENT', 'KILL', 'TYPE', 'pubsub');
};
const trust = (name: string): void => {
  copyFileSync(file(`${name}-ca.crt`), file('ca.crt'));
};
const settings = (server: Server, mode: RedisEnv['REDIS_MODE'], host = 'localhost'): RedisEnv =>
  readConfig(redisEnv, {
    REDIS_NODES: `${host}:${server.tlsPort}`,
    REDIS_MODE: mode,
    REDIS_TLS: 'true',
    REDIS_TLS_CA_FILE: file('ca.crt'),
  });
const heard = (client: RedisClient, event: 'ready' | 'error'): Promise<unknown> =>
  new Promise((resolve) => client.once(event, resolve));
const open = { single: openRedis, cluster: openRedis, channel: openChannel };

beforeAll(async () => {
  folder = await ownFolder('redis-tls');
  for (const name of ['first', 'second']) certificates(folder.path, name);
  [single, cluster] = await Promise.all([
    start('single', {}),
    start('cluster', {
      dir: folder.path,
      'cluster-enabled': 'yes',
      'tls-cluster': 'yes',
      'tls-ca-cert-file': file('first-ca.crt'),
      'cluster-announce-hostname': 'localhost',
      'cluster-preferred-endpoint-type': 'hostname',
    }),
  ]);
  await cluster.admin.cluster('ADDSLOTSRANGE', 0, 16_383);
});
beforeEach(async () => {
  lifecycle = new ProcessLifecycle();
  trust('first');
  await Promise.all([single, cluster].map((server) => present(server, 'first')));
});
afterEach(() => lifecycle.stop());
afterAll(async () => {
  for (const { admin, process } of [single, cluster]) {
    admin.disconnect();
    await process.stop();
  }
  folder.remove();
});

describe.each(['single', 'cluster', 'channel'] as const)('%s', (kind) => {
  const server = () => (kind === 'cluster' ? cluster : single);
  const connect = (host?: string) =>
    open[kind](settings(server(), kind === 'cluster' ? 'cluster' : 'single', host), lifecycle, 'test');

  test('a server is taken for what it says only with a certificate of the CA, and for its name', async () => {
    const client = connect();
    await heard(client, 'ready');
    expect(await client.ping()).toBe('PONG');
    const elsewhere = connect('127.0.0.1');
    await heard(elsewhere, 'error');
    expect(elsewhere.status).not.toBe('ready');
  });

  test('a CA that is renewed is followed without a restart; until it is known, Redis counts as away', async () => {
    const client = connect();
    await heard(client, 'ready');
    const away = heard(client, 'error');
    await present(server(), 'second');
    await away;
    await expect(client.ping()).rejects.toThrow();
    trust('second');
    await heard(client, 'ready');
    expect(await client.ping()).toBe('PONG');
  });
});
