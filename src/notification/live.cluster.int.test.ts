import { afterAll, beforeAll, test } from '@jest/globals';
import { startRedisCluster, type RedisCluster } from '../../scripts/lib/redis-cluster.ts';
import { foldersOf } from '../../scripts/lib/servers.ts';
import { ownFolder, type OwnFolder } from '../../tests/folder.ts';
import { createDatabase, type TestDatabase } from '../../tests/servers.ts';
import { migrations } from './migrations/index.ts';
import { aPlayer, aReward, Device, KeyHolder, openReplica, until, type Replica } from './test-replica.ts';

/** Real: PostgreSQL, HTTP and WebSocket, and a Redis Cluster whose first node is killed: the one that both replicas began with. */
let folder: OwnFolder;
let cluster: RedisCluster;
let db: TestDatabase;
let keys: KeyHolder;
let one: Replica;
let other: Replica;
beforeAll(async () => {
  folder = await ownFolder('notification-cluster');
  cluster = await startRedisCluster(foldersOf(folder.path));
  db = await createDatabase(migrations);
  keys = new KeyHolder();
  await keys.open();
  const redis = { REDIS_NODES: cluster.addresses, REDIS_MODE: 'cluster' };
  [one, other] = await Promise.all([
    openReplica(db.as('notification'), redis, keys),
    openReplica(db.as('notification'), redis, keys),
  ]);
  await Promise.all([one.withRedis(), other.withRedis()]);
}, 120_000);
afterAll(async () => {
  await Promise.all([one, other].map(({ lifecycle }) => lifecycle.stop()));
  keys.close();
  await db.drop();
  await cluster.stop();
  folder.remove();
});

test('a device is told what comes to another replica, also after the node that they met at is dead', async () => {
  const player = aPlayer();
  const device = new Device(other.url, await keys.token(player));
  try {
    await device.welcomed();
    await one.receive(aReward(player));
    await until('it is told', () => device.told.length === 1);

    await cluster.nodes[0]?.process.kill();
    await until('it is noticed', () => one.publisher.status !== 'ready');
    await Promise.all([one.withRedis(), other.withRedis()]);
    await until('it is told again', async () => {
      await one.receive(aReward(player));
      return device.told.length > 1;
    });
  } finally {
    device.socket.disconnect();
  }
});
