import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import { startRedisCluster, type RedisCluster } from '../../scripts/lib/redis-cluster.ts';
import { foldersOf } from '../../scripts/lib/servers.ts';
import { ownFolder, type OwnFolder } from '../../tests/folder.ts';
import { readConfig, redisEnv, type RedisEnv } from './config.ts';
import { isUnavailable } from './errors.ts';
import { ProcessLifecycle } from './lifecycle.ts';
import { openChannel, openRedis, type RedisClient } from './redis.ts';

/** Real: a Redis Cluster of three shards with a replica each, whose nodes are killed. */
let folder: OwnFolder;
let cluster: RedisCluster;
let lifecycle: ProcessLifecycle;
beforeAll(async () => {
  folder = await ownFolder('redis-cluster');
  cluster = await startRedisCluster(foldersOf(folder.path));
  lifecycle = new ProcessLifecycle();
}, 120_000);
afterEach(async () => {
  await lifecycle.stop();
  lifecycle = new ProcessLifecycle();
});
afterAll(async () => {
  await cluster.stop();
  folder.remove();
});

const settings = (nodes = cluster.addresses): RedisEnv =>
  readConfig(redisEnv, { REDIS_NODES: nodes, REDIS_MODE: 'cluster' });
const until = async (what: string, holds: () => boolean | Promise<boolean>, withinMs = 30_000) => {
  for (const deadline = Date.now() + withinMs; !(await holds());) {
    if (Date.now() > deadline) throw new Error(`not within ${withinMs} ms: ${what}`);
    await sleep(20);
  }
};
const ready = (...clients: RedisClient[]) =>
  until('Redis is there', () => clients.every(({ status }) => status === 'ready'));
const keys = Array.from({ length: 60 }, (_, index) => `key-${index}`);

test('keys of all shards are written and read, from whatever node one begins', async () => {
  for (const node of cluster.nodes) {
    const redis = openRedis(settings(`127.0.0.1:${node.port}`), lifecycle, 'test');
    await ready(redis);
    await Promise.all(keys.map((key) => redis.set(key, `${key} of ${node.name}`)));
    expect(await Promise.all(keys.map((key) => redis.get(key)))).toEqual(keys.map((key) => `${key} of ${node.name}`));
  }
});

test('while a shard fails over its commands fail soon, as unavailable; then all go on, and the node comes back', async () => {
  const redis = openRedis(settings(), lifecycle, 'test');
  await ready(redis);
  const write = (key: string) =>
    redis.set(key, 'x').then(
      () => undefined,
      (error: unknown) => error,
    );
  await Promise.all(keys.map(write));
  const [primary] = cluster.primaries();
  if (!primary) throw new Error('no primary');
  await primary.process.kill();
  const failures: unknown[] = [];
  await until('all shards take keys again', async () => {
    const errors = (await Promise.all(keys.map(write))).filter((error) => error !== undefined);
    failures.push(...errors);
    return errors.length === 0 && failures.length > 0;
  });
  expect(failures.filter((error) => !isUnavailable(error))).toEqual([]);
  await primary.process.start();
  await cluster.untilWhole();
  expect((await Promise.all(keys.map(write))).filter((error) => error !== undefined)).toEqual([]);
});

test('what is published at one node is heard at all, and by whom whose node was killed, at another', async () => {
  const publisher = openChannel(settings(), lifecycle, 'publisher');
  const heard: string[] = [];
  const subscribers = cluster.nodes.map((_, index) => {
    const rotated = [...cluster.nodes.slice(index), ...cluster.nodes.slice(0, index)];
    const nodes = rotated.map(({ port }) => `127.0.0.1:${port}`).join(',');
    const subscriber = openChannel(settings(nodes), lifecycle, 'subscriber');
    subscriber.on('message', (_channel, message: string) => heard.push(message));
    return subscriber;
  });
  await ready(publisher, ...subscribers);
  await Promise.all(subscribers.map((each) => each.subscribe('news')));
  await publisher.publish('news', 'first');
  await until('all have heard it', () => heard.length === subscribers.length);

  const last = cluster.nodes.at(-1);
  await last?.process.kill();
  await until('it is noticed', () => subscribers.at(-1)?.status !== 'ready');
  await ready(...subscribers);
  await until('those of the dead node hear it elsewhere', async () => {
    heard.length = 0;
    await publisher.publish('news', 'second');
    await sleep(100);
    return heard.length === subscribers.length;
  });
  await last?.process.start();
  await cluster.untilWhole();
});
