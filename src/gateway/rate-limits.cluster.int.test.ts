import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import { startRedisCluster, type RedisCluster } from '../../scripts/lib/redis-cluster.ts';
import { foldersOf } from '../../scripts/lib/servers.ts';
import { ownFolder, type OwnFolder } from '../../tests/folder.ts';
import { readConfig, redisEnv } from '../platform/config.ts';
import { ProcessLifecycle } from '../platform/lifecycle.ts';
import { openRedis } from '../platform/redis.ts';
import { RateLimits, type Limits } from './rate-limits.ts';

/** Real: a Redis Cluster of three shards, one of which is lost. */
let folder: OwnFolder;
let cluster: RedisCluster;
const lifecycle = new ProcessLifecycle();
let gateways: RateLimits[];
const limit = { points: 5, seconds: 600 };
const limits: Limits = { player: limit, address: limit, signUp: limit, loginAccount: limit, loginAddress: limit };
beforeAll(async () => {
  folder = await ownFolder('limits-cluster');
  cluster = await startRedisCluster(foldersOf(folder.path), { replicas: 0 });
  const env = readConfig(redisEnv, { REDIS_NODES: cluster.addresses, REDIS_MODE: 'cluster' });
  const clients = ['one', 'other'].map((name) => openRedis(env, lifecycle, name));
  while (!clients.every(({ status }) => status === 'ready')) await sleep(20);
  gateways = clients.map((client) => new RateLimits(client, limits));
}, 120_000);
afterAll(async () => {
  await lifecycle.stop();
  await cluster.stop();
  folder.remove();
});

/** How many of these requests go through, at the gateways in turn. */
const passed = async (address: string, requests: number, at = gateways): Promise<number> => {
  let count = 0;
  for (let index = 0; index < requests; index++)
    await at[index % at.length]?.signUp(address).then(
      () => count++,
      () => undefined,
    );
  return count;
};

test('addresses are counted at all gateways together, on whatever shard they are', async () => {
  for (let last = 1; last <= 12; last++) expect(await passed(`203.0.113.${last}`, 8)).toBe(5);
});

test('while a shard is away each gateway counts for itself, and nothing fails', async () => {
  await cluster.nodes[0]?.process.kill();
  for (let last = 1; last <= 12; last++) expect(await passed(`198.51.100.${last}`, 8, gateways.slice(0, 1))).toBe(5);
});
