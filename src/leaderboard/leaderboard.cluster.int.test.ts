import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { startRedisCluster, type RedisCluster } from '../../scripts/lib/redis-cluster.ts';
import { foldersOf } from '../../scripts/lib/servers.ts';
import { ownFolder, type OwnFolder } from '../../tests/folder.ts';
import { createDatabase, type TestDatabase } from '../../tests/servers.ts';
import { readConfig, redisEnv } from '../platform/config.ts';
import { migrations } from './migrations/index.ts';
import { aPlayer, aScore, openReplica, ranked, totalsOf, until, type Replica } from './test-replica.ts';

/** Real: PostgreSQL, and a Redis Cluster whose node with the ranking is killed. */
let folder: OwnFolder;
let cluster: RedisCluster;
let db: TestDatabase;
let one: Replica;
let other: Replica;
beforeAll(async () => {
  folder = await ownFolder('leaderboard-cluster');
  cluster = await startRedisCluster(foldersOf(folder.path));
  db = await createDatabase(migrations);
  const env = readConfig(redisEnv, { REDIS_NODES: cluster.addresses, REDIS_MODE: 'cluster' });
  [one, other] = await Promise.all([openReplica(db.as('leaderboard'), env), openReplica(db.as('leaderboard'), env)]);
  await Promise.all([one.sure(), other.sure()]);
}, 120_000);
afterAll(async () => {
  await Promise.all([one, other].map(({ lifecycle }) => lifecycle.stop()));
  await db.drop();
  await cluster.stop();
  folder.remove();
});

test('the ranking is in Redis, for all replicas, and stays right when its shard fails over', async () => {
  const scores = Array.from({ length: 20 }, (_, index) => aScore(aPlayer(), 10 * (index + 1)));
  await one.count(scores);
  const expected = () => ranked(totalsOf(scores));
  const seen = async (replica: Replica) => (await replica.top()).entries;
  await until('Redis has it', async () => (await other.board.top()) !== null);
  await until('the top is right', async () => (await seen(other))[0]?.score === 200);
  expect(await seen(other)).toEqual(expected());

  const primary = cluster.primaries().find((node) => cluster.ask(node, 'keys', '*').includes('top100'));
  if (!primary) throw new Error('no node has the ranking');
  await primary.process.kill();
  const more = aScore(aPlayer(), 1000);
  scores.push(more);
  await other.count([more]);
  // From the database meanwhile.
  await until('the new first is told', async () => (await seen(one))[0]?.score === 1000);
  await until('Redis has it again, compared', async () => !one.board.doubtful && (await one.board.top()) !== null);
  expect(await seen(one)).toEqual(expected());
});
