import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import { ownFolder, type OwnFolder } from '../../tests/folder.ts';
import { startRedis } from './redis.ts';
import { freePortWithBus } from './ports.ts';
import { startRedisCluster, type RedisCluster } from './redis-cluster.ts';
import { foldersOf } from './servers.ts';

/** Real: six Redis processes, each beside the script that the chart puts there. A node that starts again is empty, and another one. */
let folder: OwnFolder;
let cluster: RedisCluster;
beforeAll(async () => {
  folder = await ownFolder('join');
  cluster = await startRedisCluster(foldersOf(folder.path));
}, 120_000);
afterAll(async () => {
  await cluster.stop();
  folder.remove();
});
const shardsServed = () => cluster.primaries().map(({ shard }) => shard);

test('nodes find each other by name, and share the slots', () => {
  expect(shardsServed().toSorted()).toEqual([0, 1, 2]);
});

test('a primary that dies is followed by its replica, and comes back as the replica of that', async () => {
  const [primary] = cluster.primaries();
  if (!primary) throw new Error('no primary');
  await primary.process.kill();
  await primary.process.start();
  await cluster.untilWhole();
  expect(shardsServed().toSorted()).toEqual([0, 1, 2]);
  expect(cluster.primaries().map(({ name }) => name)).not.toContain(primary.name);
}, 120_000);

test('a shard all of whose nodes are lost is served again by those that take their place', async () => {
  const shard = cluster.nodes.filter((node) => node.shard === 1);
  await Promise.all(shard.map(({ process }) => process.kill()));
  await Promise.all(shard.map(({ process }) => process.start()));
  await cluster.untilWhole();
  expect(shardsServed().toSorted()).toEqual([0, 1, 2]);
}, 120_000);

test('a node that has died and of which nobody knows the name is forgotten', async () => {
  const port = await freePortWithBus();
  const stranger = await startRedis(foldersOf(folder.path), port, { 'cluster-enabled': 'yes', dir: folder.path });
  const [witness] = cluster.nodes;
  if (!witness) throw new Error('no node');
  cluster.ask(witness, 'cluster', 'meet', '127.0.0.1', String(port));
  const known = () => cluster.nodes.every((node) => cluster.ask(node, 'cluster', 'nodes').includes(`:${port}@`));
  while (!known()) await sleep(100);
  await stranger.kill();
  await cluster.untilWhole();
  expect(known()).toBe(false);
}, 120_000);

test('a cluster all of whose nodes are lost begins anew', async () => {
  await Promise.all(cluster.nodes.map(({ process }) => process.kill()));
  await Promise.all(cluster.nodes.map(({ process }) => process.start()));
  await cluster.untilWhole();
  expect(shardsServed().toSorted()).toEqual([0, 1, 2]);
}, 120_000);
