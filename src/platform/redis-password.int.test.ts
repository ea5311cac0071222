import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { root } from '../../scripts/lib/bundle.ts';
import { freePort } from '../../scripts/lib/ports.ts';
import type { ManagedProcess } from '../../scripts/lib/process.ts';
import { startRedis } from '../../scripts/lib/redis.ts';
import { foldersOf } from '../../scripts/lib/servers.ts';
import { ownFolder, type OwnFolder } from '../../tests/folder.ts';
import { SecretFile, Use } from '../../tests/secret-file.ts';
import { readConfig, redisEnv } from './config.ts';
import { ProcessLifecycle } from './lifecycle.ts';
import { openChannel, openRedis } from './redis.ts';

/** Real: a Redis of its own, whose passwords are changed. */
let folder: OwnFolder;
let process: ManagedProcess;
let port: number;
let admin: Redis;
beforeAll(async () => {
  folder = await ownFolder('redis-password');
  port = await freePort();
  process = await startRedis(foldersOf(folder.path), port);
  admin = new Redis(port);
  await admin.ping();
});
afterAll(async () => {
  admin.disconnect();
  await process.stop();
  folder.remove();
});

const until = async (holds: () => Promise<boolean>) => {
  for (const deadline = Date.now() + 10_000; !(await holds());) {
    if (Date.now() > deadline) throw new Error('not within 10 s');
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
};

/** From now on these are taken, and no other. */
const take = (...passwords: string[]) =>
  admin.acl('SETUSER', 'default', 'resetpass', ...passwords.map((password) => `>${password}`));
const signingInBy = (file: SecretFile) =>
  readConfig(redisEnv, { REDIS_NODES: `127.0.0.1:${port}`, REDIS_PASSWORD_FILE: file.path });

test('a password is changed under use: Redis takes what its files say', async () => {
  const file = new SecretFile(join(folder.path, 'password'), 'first');
  const script = join(root, 'charts/redis/files/password.sh');
  const followed = spawn('sh', ['-c', `. '${script}'; while true; do follow_password; sleep 0.2; done`], {
    env: { ...globalThis.process.env, SECRETS: folder.path, SELF: `127.0.0.1:${port}` },
    stdio: 'ignore',
  });
  await until(async () => (await admin.acl('LIST')).join().includes('#'));
  const env = signingInBy(file);
  const steady = new ProcessLifecycle();
  const redis = openRedis(env, steady, 'steady');
  await once(redis, 'ready');
  const use = new Use(3, async () => {
    const lifecycle = new ProcessLifecycle();
    const client = openChannel(env, lifecycle, 'new');
    await once(client, 'ready');
    await Promise.all([client.ping(), redis.ping()]);
    await lifecycle.stop();
  });
  file.write('first', 'second');
  await use.goesOn();
  file.write('second', 'first');
  await use.goesOn();
  file.write('second');
  await until(async () => (await admin.acl('LIST')).join().split('#').length === 2);
  await use.goesOn();
  await use.stop();
  await steady.stop();
  followed.kill();
  expect(use.failed).toEqual([]);
  expect(await admin.config('GET', 'masterauth')).toEqual(['masterauth', 'second']);
});

test('a password that is not taken yet gives way to the one before, and that one later to the new', async () => {
  const file = new SecretFile(join(folder.path, 'early'), 'second');
  file.write('second', 'first');
  await take('first');
  const lifecycle = new ProcessLifecycle();
  const redis = openRedis(signingInBy(file), lifecycle, 'test');
  const ready = () => new Promise((resolve) => redis.once('ready', resolve));
  await ready();
  await take('second');
  await admin.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
  await ready();
  expect(await redis.ping()).toBe('PONG');
  await lifecycle.stop();
});
