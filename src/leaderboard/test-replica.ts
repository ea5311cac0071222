import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { Leaderboard } from '../contracts/economy.ts';
import type { ScoreUpdated } from '../contracts/events.ts';
import { CorrelationId, EventId, MatchId, PlayerId } from '../contracts/ids.ts';
import { Breaker } from '../platform/breaker.ts';
import { readConfig, redisEnv, type DatabaseEnv, type RedisEnv } from '../platform/config.ts';
import { openDatabase } from '../platform/database/database.ts';
import type { Delivery } from '../platform/kafka/consumer.ts';
import { ProcessLifecycle } from '../platform/lifecycle.ts';
import { openRedis } from '../platform/redis.ts';
import { Board } from './board.ts';
import { countScores } from './handlers.ts';
import { Ranking } from './ranking.ts';
import { Scores, type MatchScore, type Total } from './scores.ts';

export const aPlayer = (): PlayerId => PlayerId.parse(randomUUID());

/** A player's points from one match, by default of a new one. */
export const aScore = (playerId: PlayerId, points: number, matchId = MatchId.parse(randomUUID())): MatchScore => ({
  matchId,
  playerId,
  username: `player-${playerId.slice(0, 4)}`,
  points,
});

export const scoreUpdated = (payload: MatchScore): ScoreUpdated => ({
  eventId: EventId.parse(randomUUID()),
  correlationId: CorrelationId.parse(randomUUID()),
  causationId: null,
  version: 1,
  timestamp: new Date().toISOString(),
  type: 'ScoreUpdated',
  payload,
});

const delivery = (score: MatchScore): Delivery<ScoreUpdated> => ({
  event: scoreUpdated(score),
  topic: 'leaderboard-events',
  partition: 0,
  record: { key: null, value: null, timestamp: '', attributes: 0, offset: '0', headers: {} },
});

const byRank = (one: Total, other: Total) => other.score - one.score || (one.playerId < other.playerId ? 1 : -1);
/** The ranking of these totals, as it should be. */
export const ranked = (totals: Total[]) => totals.sort(byRank).map((total, index) => ({ rank: index + 1, ...total }));
export const totalsOf = (scores: MatchScore[]): Total[] =>
  [...Map.groupBy(scores, ({ playerId }) => playerId)].map(([playerId, of]) => ({
    playerId,
    username: of[0]?.username ?? '',
    score: of.reduce((sum, { points }) => sum + points, 0),
  }));

export const until = async (what: string, holds: () => boolean | Promise<boolean>, withinMs = 20_000) => {
  for (const deadline = Date.now() + withinMs; !(await holds());) {
    if (Date.now() > deadline) throw new Error(`not within ${withinMs} ms: ${what}`);
    await sleep(10);
  }
};

export const redisSettings = (port: number): RedisEnv => readConfig(redisEnv, { REDIS_NODES: `127.0.0.1:${port}` });

/** One replica of the service, with stores of its own and without Kafka and HTTP. Its breaker tries again soon. */
export const openReplica = async (env: DatabaseEnv, redisAt: number | RedisEnv) => {
  const lifecycle = new ProcessLifecycle();
  const database = await openDatabase(env, lifecycle, 'leaderboard');
  const redis = openRedis(typeof redisAt === 'number' ? redisSettings(redisAt) : redisAt, lifecycle, 'leaderboard');
  const scores = new Scores(database);
  const board = new Board(redis);
  board.keepFilled(scores, lifecycle);
  const breaker = new Breaker({
    service: 'leaderboard',
    target: `database of ${randomUUID()}`,
    timeoutMs: 5000,
    errorPercent: 60,
    windowMs: 30_000,
    resetMs: 500,
  });
  const ranking = new Ranking(board, scores, breaker);
  const handle = countScores(scores, board);
  return {
    lifecycle,
    redis,
    scores,
    board,
    breaker,
    ranking,
    handle,
    count: (given: MatchScore[]) => handle(given.map(delivery)),
    top: async () => Leaderboard.parse(JSON.parse((await ranking.top()).toString())),
    around: async (playerId: PlayerId) => Leaderboard.parse(JSON.parse((await ranking.around(playerId)).toString())),
    sure: () => until('Redis has been compared', () => !board.doubtful),
  };
};
export type Replica = Awaited<ReturnType<typeof openReplica>>;
