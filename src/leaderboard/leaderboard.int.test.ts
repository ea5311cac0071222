import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import type { AddressInfo } from 'node:net';
import { isDeepStrictEqual } from 'node:util';
import { foldersOf } from '../../scripts/lib/servers.ts';
import { freePort } from '../../scripts/lib/ports.ts';
import { withPostgres } from '../../scripts/lib/postgres.ts';
import type { ManagedProcess } from '../../scripts/lib/process.ts';
import { startRedis } from '../../scripts/lib/redis.ts';
import { ownFolder, type OwnFolder } from '../../tests/folder.ts';
import { createDatabase, servers, type TestDatabase } from '../../tests/servers.ts';
import type { Leaderboard } from '../contracts/economy.ts';
import { MatchId, type PlayerId } from '../contracts/ids.ts';
import { createApp } from '../platform/http/app.ts';
import { callerFromGateway, identityHeaders } from '../platform/http/identity.ts';
import { createHttpServer } from '../platform/http/server.ts';
import { openRedis } from '../platform/redis.ts';
import { migrations } from './migrations/index.ts';
import { leaderboardRoutes } from './routes.ts';
import { aPlayer, aScore, openReplica, ranked, redisSettings, totalsOf, until, type Replica } from './test-replica.ts';

/** Real: PostgreSQL, and a Redis that is emptied, frozen and stopped. */
let folder: OwnFolder;
let redis: ManagedProcess;
let redisPort: number;
let db: TestDatabase;
let replicas: Replica[];
beforeAll(async () => {
  folder = await ownFolder('leaderboard');
  redisPort = await freePort();
  redis = await startRedis(foldersOf(folder.path), redisPort);
});
afterAll(async () => {
  await redis.stop();
  folder.remove();
});
const replica = async () => {
  const one = await openReplica(db.as('leaderboard'), redisPort);
  replicas.push(one);
  return one;
};
let one: Replica;
beforeEach(async () => {
  db = await createDatabase(migrations);
  replicas = [];
  one = await replica();
  await until('Redis is there', () => one.redis.status === 'ready');
  await one.redis.flushall();
  await one.sure();
});
afterEach(async () => {
  await Promise.all(replicas.map(({ lifecycle }) => lifecycle.stop()));
  await db.drop();
});

/** Nobody can sign in to the database any more, or all can again. */
const database = (there: boolean) =>
  withPostgres(servers().postgres, 'postgres', async (client) => {
    await client.query(`alter database ${db.name} with allow_connections ${there}`);
    if (!there) {
      await client.query('select pg_terminate_backend(pid) from pg_stat_activity where datname = $1', [db.name]);
    }
  });

const shuffled = <T>(items: T[]): T[] =>
  items
    .map((item) => ({ item, at: Math.random() }))
    .sort((a, b) => a.at - b.at)
    .map(({ item }) => item);
const scoreOf = ({ entries }: Leaderboard, playerId: PlayerId) =>
  entries.find((entry) => entry.playerId === playerId)?.score;

test('a score counts once, however often and wherever it is delivered, at once and later', async () => {
  const others = [one, await replica(), await replica()];
  const players = Array.from({ length: 20 }, aPlayer);
  const scores = players.flatMap((player) => Array.from({ length: 10 }, (_, match) => aScore(player, match * 7)));
  const deliveries = others.flatMap((each) => {
    const all = shuffled([...scores, ...scores.slice(0, 50)]);
    return Array.from({ length: 10 }, (_, part) => each.count(all.slice(part * 25, part * 25 + 25)));
  });
  await Promise.all(deliveries);
  await one.count(scores);
  const expected = ranked(totalsOf(scores));
  expect(await one.scores.top(100)).toEqual(expected);
  await until('Redis says so', async () => isDeepStrictEqual((await one.top()).entries, expected));
});

test('the name is that of the last match, and a batch that fails leaves nothing', async () => {
  const player = aPlayer();
  await one.count([{ ...aScore(player, 5), username: 'Guest' }]);
  await one.count([{ ...aScore(player, 5), username: 'Ada "A" \\ Löve/lace' }]);
  await until('it is in the top', async () => scoreOf(await one.top(), player) === 10);
  expect((await one.top()).entries[0]).toMatchObject({ username: 'Ada "A" \\ Löve/lace', score: 10 });
  await expect(one.count([aScore(player, 1), aScore(aPlayer(), 2 ** 40)])).rejects.toThrow('integer');
  expect(await one.scores.top(10)).toHaveLength(1);
  expect((await one.scores.top(10))[0]?.score).toBe(10);
});

test('of 10,000 players the top hundred and the ten around anybody, ties by id, the same from Redis and the database', async () => {
  const players = Array.from({ length: 10_000 }, aPlayer);
  const match = MatchId.parse(aPlayer());
  // Two hundred scores among them all: many ties, at the edge of the top too.
  const scores = players.map((player, index) => aScore(player, (index % 200) * 3, match));
  for (let at = 0; at < scores.length; at += 500) await one.count(scores.slice(at, at + 500));
  const expected = ranked(totalsOf(scores));
  await until('all are in Redis', async () => (await one.redis.zcard('{leaderboard:top100}:totals')) === 10_001);
  const top = expected.slice(0, 100);
  await until('the top is', async () => !one.board.doubtful && isDeepStrictEqual((await one.top()).entries, top));
  expect(await one.scores.top(100)).toEqual(top);
  for (const place of [0, 1, 5, 6, 99, 100, 4711, 9993, 9994, 9995, 9999]) {
    const playerId = expected[place]?.playerId ?? aPlayer();
    const from = Math.max(0, Math.min(place - 5, 10_000 - 11));
    expect((await one.around(playerId)).entries).toEqual(expected.slice(from, from + 11));
    expect(await one.scores.around(playerId)).toEqual(expected.slice(from, from + 11));
  }
  const second = await replica();
  await second.sure();
  expect(await second.top()).toMatchObject({ entries: top, stale: false });
});

test('nobody, and few', async () => {
  const [first, second] = [aPlayer(), aPlayer()];
  expect(await one.top()).toMatchObject({ entries: [], stale: false });
  expect(await one.around(first)).toMatchObject({ entries: [], stale: false });
  await one.count([aScore(first, 0), aScore(second, 3)]);
  await until('both are there', async () => (await one.around(first)).entries.length === 2);
  const expected = [second, first].map((playerId, index) => expect.objectContaining({ rank: index + 1, playerId }));
  expect((await one.around(first)).entries).toEqual(expected);
  expect((await one.around(second)).entries).toEqual(expected);
  expect(await one.scores.around(first)).toEqual(expected);
  expect((await one.around(aPlayer())).entries).toEqual([]);
});

test('no total ever goes down for who reads it, while Redis is emptied, restarted, frozen and set back', async () => {
  const second = await replica();
  const player = aPlayer();
  // By kind of answer, as that for the top may be a second behind; of one replica, for the same reason.
  const told = { top: 0, around: 0 };
  let wanted = 0;
  let reads = 0;
  let over = false;
  const writing = (async () => {
    while (!over) {
      wanted += 10;
      await (wanted % 20 === 0 ? one : second).count([aScore(player, 10), aScore(aPlayer(), 1)]);
    }
  })();
  const hear = async (kind: 'top' | 'around') => {
    const score = scoreOf(await (kind === 'top' ? one.top() : one.around(player)), player) ?? 0;
    expect(score).toBeGreaterThanOrEqual(told[kind]);
    told[kind] = score;
    reads++;
  };
  const reading = (async () => {
    while (!over) await Promise.all([hear('top'), hear('around')]);
  })();
  const step = async (what: string, disturb: () => Promise<unknown>) => {
    const settled = () => !one.board.doubtful && !second.board.doubtful;
    await until(`before ${what}`, () => settled() && told.top > 0);
    await disturb();
    const from = wanted;
    await until(`after ${what} it goes on`, () => settled() && told.top > from && told.around > from);
  };
  await step('the start', async () => undefined);
  await step('the flush', () => one.redis.flushall());
  await step('the restart', async () => {
    await redis.stop();
    await until('the database answers', () => one.board.doubtful);
    await redis.start();
  });
  await step('the freeze', async () => {
    await redis.kill('SIGSTOP');
    await until('it is noticed', () => one.board.doubtful);
    await redis.kill('SIGCONT');
  });
  await step('an old copy', async () => {
    // As a Redis that comes back with what it had some time ago, to clients who see it go and come.
    const operator = openRedis(redisSettings(redisPort), one.lifecycle, 'operator');
    await until('the operator is there', () => operator.status === 'ready');
    const kill = ['kill', 'type', 'normal', 'skipme', 'yes'];
    await operator
      .multi()
      .zadd('{leaderboard:top100}:totals', 1, player)
      .set('leaderboard:top100', JSON.stringify({ entries: [], cachedAt: new Date(0).toISOString(), stale: false }))
      .call('client', ...kill)
      .exec();
  });
  over = true;
  await Promise.all([writing, reading]);
  expect(reads).toBeGreaterThan(100);
  await until('all of it is told', async () => scoreOf(await one.top(), player) === wanted);
  await until('by the other one too', async () => scoreOf(await second.top(), player) === wanted);
});

test('without the database Redis answers; without both, the last that was known, as stale; then it goes on by itself', async () => {
  const [player, stranger] = [aPlayer(), aPlayer()];
  await one.count([aScore(player, 10)]);
  await until('it is in the top', async () => (await one.top()).entries.length === 1);
  const [top, around] = [await one.top(), await one.around(player)];
  const [late, unknowing] = [await replica(), await replica()];
  await Promise.all([late.sure(), unknowing.sure()]);
  await database(false);
  expect(await one.top()).toMatchObject({ entries: top.entries, stale: false });
  expect(await one.around(player)).toMatchObject({ entries: around.entries, stale: false });
  // Who can't compare what is in Redis takes it for the last that is known.
  late.redis.disconnect(true);
  await until('Redis was away', () => late.board.doubtful && late.redis.status === 'ready');
  expect(await late.top()).toMatchObject({ entries: top.entries, stale: true });
  expect(await late.around(player)).toMatchObject({ entries: around.entries, stale: true });
  await redis.stop();
  await until('the breaker opens', async () => (await one.top()).stale && one.breaker.open);
  const begun = performance.now();
  for (let count = 0; count < 20; count++) {
    expect(await one.top()).toMatchObject({ entries: top.entries, stale: true });
    expect(await one.around(player)).toMatchObject({ entries: around.entries, stale: true });
  }
  expect(performance.now() - begun).toBeLessThan(1000);
  await expect(one.around(stranger)).rejects.toMatchObject({ code: 'UNAVAILABLE', status: 503 });
  await expect(unknowing.top()).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  await database(true);
  await until('the database answers', async () => !(await one.top()).stale);
  expect(await one.around(stranger)).toMatchObject({ entries: [], stale: false });
  expect(await one.around(player)).toMatchObject({ entries: around.entries, stale: false });
  await redis.start();
  await until('Redis is sure again', () => replicas.every(({ board }) => !board.doubtful));
  expect(await unknowing.top()).toMatchObject({ entries: top.entries, stale: false });
});

test('over HTTP: the top for anybody, the own place for who has signed in', async () => {
  const player = aPlayer();
  await one.count([aScore(player, 10)]);
  await until('it is in the top', async () => (await one.top()).entries.length === 1);
  const server = createHttpServer(
    createApp({ routes: leaderboardRoutes(one.ranking), authenticate: callerFromGateway }),
  );
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const get = async (path: string, headers = {}) => {
    const response = await fetch(`http://127.0.0.1:${port}${path}`, { headers });
    return { status: response.status, body: (await response.json()) as object };
  };
  const answer = { entries: [{ rank: 1, playerId: player, score: 10 }], stale: false };
  expect(await get('/leaderboard/top100')).toMatchObject({ status: 200, body: answer });
  expect(await get('/leaderboard/me', { [identityHeaders.playerId]: player })).toMatchObject({
    status: 200,
    body: answer,
  });
  expect(await get('/leaderboard/me')).toMatchObject({ status: 401, body: { error: 'UNAUTHORIZED' } });
  server.close();
  server.closeAllConnections();
});
