import { randomUUID } from 'node:crypto';
import type { PlayerId } from '../contracts/ids.ts';
import { every } from '../platform/every.ts';
import type { Lifecycle } from '../platform/lifecycle.ts';
import type { RedisClient } from '../platform/redis.ts';
import { logger } from '../platform/telemetry/logger.ts';
import type { Scores, Total } from './scores.ts';
import { neighbours, topSize, windowSize } from './window.ts';

/** All in one slot of a Redis Cluster, as scripts read several of them: the tag of the others is the name of the first. */
const keys = {
  /** The answer to GET /leaderboard/top100. */
  top: 'leaderboard:top100',
  totals: '{leaderboard:top100}:totals',
  names: '{leaderboard:top100}:names',
  /** There while the totals need not be compared with the database. */
  compared: '{leaderboard:top100}:compared',
  /** There while a replica does so, with its turn. */
  filling: '{leaderboard:top100}:filling',
};
const topSeconds = 60;
const refreshEveryMs = 1000;
const lookEveryMs = 1000;
const compareEveryMs = 60_000;
const fillingMs = 30_000;
const pageSize = 2000;

/** A member of the totals that says that all are there. As one of them it is lost when they are; its score ranks it last. */
const complete = 'complete';

/** `answer(from, to)`: the places from 0 on as an answer in JSON; nil when they are not all known. ARGV[1] is the time. */
const answer = `
  local function answer(from, to)
    if not redis.call('zscore', KEYS[1], '${complete}') then return nil end
    local found = redis.call('zrevrange', KEYS[1], from, to, 'withscores')
    local ids = {}
    for i = 1, #found, 2 do
      if found[i] ~= '${complete}' then ids[#ids + 1] = found[i] end
    end
    local names = #ids > 0 and redis.call('hmget', KEYS[2], unpack(ids)) or {}
    local places = {}
    for i, id in ipairs(ids) do
      if not names[i] then return nil end
      places[i] = '{"rank":' .. (from + i) .. ',"playerId":"' .. id .. '","username":' .. cjson.encode(names[i])
        .. ',"score":' .. found[2 * i] .. '}'
    end
    return '{"entries":[' .. table.concat(places, ',') .. '],"cachedAt":"' .. ARGV[1] .. '","stale":false}'
  end`;

const topScript = `${answer}
  local top = answer(0, ${topSize - 1})
  if top then redis.call('set', KEYS[3], top, 'ex', ${topSeconds}) end
  return top`;

const aroundScript = `${answer}
  local place = redis.call('zrevrank', KEYS[1], ARGV[2])
  if not place then return answer(1, 0) end
  local players = redis.call('zcard', KEYS[1]) - 1
  local from = math.max(0, math.min(place - ${neighbours}, players - ${windowSize}))
  return answer(from, from + ${windowSize - 1})`;

/** Says that all are there, unless Redis has lost them since the filling began, and its turn with them. */
const completeScript = `
  if redis.call('get', KEYS[2]) ~= ARGV[1] then return nil end
  redis.call('zadd', KEYS[1], -1, '${complete}')
  redis.call('set', KEYS[3], '1', 'px', ${compareEveryMs})
  return 'OK'`;

/**
 * The ranking in Redis, for reading: a sorted set of the totals, which orders equal ones by id as the database does, and
 * the answer for the top, made of it in one step so that an older one never replaces a newer. Totals only grow, and an
 * older one never replaces a newer here either (GT), so updates and the comparison with the database may run at once.
 */
export class Board {
  private readonly redis: RedisClient;
  /** How often this replica had reason to doubt what is in Redis, and how often it had when it last compared it. */
  private doubts = 1;
  private dispelled = 0;
  private refreshedAt = 0;
  private refreshing: NodeJS.Timeout | undefined;

  constructor(redis: RedisClient) {
    this.redis = redis;
    // It may have been restored from a copy.
    redis.on('ready', () => this.doubts++);
    // A node of a cluster is gone, and what it had not yet told its replica.
    redis.on('-node', () => this.doubts++);
  }

  /** Whether something may be missing in Redis that this replica has told or knows to be committed. */
  get doubtful(): boolean {
    return this.doubts !== this.dispelled;
  }

  /** The answer for the top as JSON; null when Redis is away or does not know. */
  top(): Promise<Buffer | string | null> {
    return this.read(async () => (await this.redis.getBuffer(keys.top)) ?? (await this.refresh()));
  }

  /** The answer for the places around a player, none when it has no score; null as above. */
  around(playerId: PlayerId): Promise<string | null> {
    return this.read(() => this.run(aroundScript, [keys.totals, keys.names], now(), playerId));
  }

  /** After the commit: what is not taken in for any reason is found by the next comparison. */
  async add(totals: Total[]): Promise<void> {
    if (totals.length === 0) return;
    try {
      await this.write(totals);
    } catch (error) {
      this.doubt(error);
      return;
    }
    const wait = Math.max(0, this.refreshedAt + refreshEveryMs - Date.now());
    this.refreshing ??= setTimeout(() => {
      this.refreshing = undefined;
      void this.read(() => this.refresh());
    }, wait);
  }

  /**
   * What the database has said in place of Redis: here before it is told, or as good as that, as what is read from here
   * later comes behind it on the same connection.
   */
  adopt(totals: Total[]): void {
    if (totals.length === 0 || this.redis.status !== 'ready') return;
    void this.read(async () => {
      await Promise.all([this.write(totals), this.refresh()]);
      return null;
    });
  }

  /** Every replica looks; one at a time compares: every minute, when Redis has lost something, and when it is in doubt. */
  keepFilled(scores: Scores, lifecycle: Lifecycle): void {
    every(lookEveryMs, 'leaderboard in Redis', lifecycle, async () => {
      if (this.redis.status !== 'ready') return;
      const [all, compared] = await Promise.all([
        this.redis.zscore(keys.totals, complete),
        this.redis.exists(keys.compared),
      ]);
      if (all !== null && compared === 1 && !this.doubtful) return;
      const turn = randomUUID();
      if ((await this.redis.set(keys.filling, turn, 'PX', fillingMs, 'NX')) !== 'OK') return;
      try {
        await this.fill(scores, turn);
      } finally {
        await this.redis.del(keys.filling);
      }
    });
  }

  private async fill(scores: Scores, turn: string): Promise<void> {
    const { doubts } = this;
    for await (const page of scores.pages(pageSize)) {
      await this.write(page);
      await this.redis.pexpire(keys.filling, fillingMs);
    }
    const completed = await this.run(completeScript, [keys.totals, keys.filling, keys.compared], turn);
    await this.refresh();
    if (completed !== null) this.dispelled = doubts;
  }

  private async write(totals: Total[]): Promise<void> {
    await Promise.all([
      // The names first: whoever is ranked has one.
      this.redis.hset(keys.names, ...totals.flatMap(({ playerId, username }) => [playerId, username])),
      this.redis.zadd(keys.totals, 'GT', ...totals.flatMap(({ playerId, score }) => [score, playerId])),
    ]);
  }

  private refresh(): Promise<string | null> {
    this.refreshedAt = Date.now();
    return this.run(topScript, [keys.totals, keys.names, keys.top], now());
  }

  private async run(script: string, of: string[], ...values: string[]): Promise<string | null> {
    const answer = await this.redis.eval(script, of.length, ...of, ...values);
    return typeof answer === 'string' ? answer : null;
  }

  private async read<T>(work: () => Promise<T | null>): Promise<T | null> {
    try {
      return await work();
    } catch (error) {
      this.doubt(error);
      return null;
    }
  }

  private doubt(error: unknown): void {
    if (!this.doubtful) logger.warn({ err: error }, 'leaderboard without Redis');
    this.doubts++;
  }
}

const now = () => new Date().toISOString();
