import { afterAll, beforeAll, test } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { startRedisCluster, type RedisCluster } from '../../scripts/lib/redis-cluster.ts';
import { foldersOf } from '../../scripts/lib/servers.ts';
import { ownFolder, type OwnFolder } from '../../tests/folder.ts';
import { aCorrelation, createGameDatabase, type GameDatabase } from '../../tests/games.ts';
import type { MatchEvent } from '../contracts/events.ts';
import { ActionId, EventId, type MatchId, type PlayerId } from '../contracts/ids.ts';
import { ProcessLifecycle } from '../platform/lifecycle.ts';
import { testReplica, until, type TestReplica } from './test-replica.ts';

/** Real: PostgreSQL, and a Redis Cluster whose first node is killed: the one that both replicas began with. */
let folder: OwnFolder;
let cluster: RedisCluster;
let db: GameDatabase;
const lifecycle = new ProcessLifecycle();
let one: TestReplica;
let other: TestReplica;
beforeAll(async () => {
  folder = await ownFolder('hub-cluster');
  cluster = await startRedisCluster(foldersOf(folder.path));
  db = await createGameDatabase();
  const redisAt = { REDIS_NODES: cluster.addresses, REDIS_MODE: 'cluster' };
  const open = async () => testReplica({ database: await db.as('game'), redisAt, lifecycle });
  [one, other] = await Promise.all([open(), open()]);
}, 120_000);
afterAll(async () => {
  await lifecycle.stop();
  await db.drop();
  await cluster.stop();
  folder.remove();
});

const resolved = (matchId: MatchId, playerId: PlayerId): MatchEvent => {
  const actionId = ActionId.parse(randomUUID());
  const result = { type: 'defend' as const, shield: 20, untilTick: 11 };
  return {
    eventId: EventId.parse(randomUUID()),
    correlationId: aCorrelation(),
    causationId: null,
    version: 1,
    timestamp: new Date().toISOString(),
    type: 'ActionResolved',
    payload: {
      matchId,
      playerId,
      actionId,
      fingerprint: 'none',
      answer: { actionId, type: 'defend', seq: 2, tick: 1, result, sealed: false },
    },
  };
};

test('what one replica reads from Kafka is heard at another, also after the node that they met at is dead', async () => {
  const { matchId, players } = await db.start(2);
  const [playerId] = players;
  if (playerId === undefined) throw new Error('nobody plays');
  await other.hub.watch(matchId);
  const heard = (event: MatchEvent) =>
    other.told.some((told) => 'event' in told && told.event.eventId === event.eventId);
  const first = resolved(matchId, playerId);
  one.hub.publish(matchId, [first]);
  await until('it is heard', () => heard(first));

  await cluster.nodes[0]?.process.kill();
  await until('it is noticed', () => other.subscriber.status !== 'ready');
  const sent: MatchEvent[] = [];
  const again = setInterval(() => {
    const next = resolved(matchId, playerId);
    sent.push(next);
    one.hub.publish(matchId, [next]);
  }, 50);
  try {
    await until('it is heard again', () => sent.some(heard));
  } finally {
    clearInterval(again);
  }
});
