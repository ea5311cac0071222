import { randomUUID } from 'node:crypto';
import type { PlayerId } from '../contracts/ids.ts';
import { every } from '../platform/every.ts';
import type { Lifecycle } from '../platform/lifecycle.ts';
import type { RedisClient } from '../platform/redis.ts';
import { logger } from '../platform/telemetry/logger.ts';
import type { Scores, Total } from './scores.ts';
import { neighbours, windowSize } from './window.ts';

/** All in one slot of a Redis Cluster, as scripts read several of them: the tag of the others is the name of the first. */
const keys = {
  /** The answer to GET /leaderboard/top100. */
  top: 'leaderboard:top100',
  /** The same without an end, for when nobody knows better. */
  last: '{leaderboard:top100}:last',
  totals: '{leaderboard:top100}:totals',
  names: '{leaderboard:top100}:names',
  /** There while the totals need not be compared with the database. */
  compared: '{leaderboard:top100}:compared',
  /** There while a replica does so. */
  filling: '{leaderboard:top100}:filling',
};
const topSize = 100;
const topSeconds = 60;
const compareEveryMs = 60_000;
const lookEveryMs = 1000;
const refreshEveryMs = 1000;
const fillingMs = 30_000;
const pageSize = 2000;

/** A member of the totals that says that all are there. As one of them it is lost when they are; its score ranks it last. */
const complete = 'complete';

/** The places `from` to `to` (from 0) as JSON; nil when they are not all known. */
const entries = `
  local function entries(from, to)
    local found = redis.call('zrevrange', KEYS[1], from, to, 'withscores')
    local ids = {}
    for i = 1, #found, 2 do
      if found[i] ~= '${complete}' then ids[#ids + 1] = found[i] end
    end
    if #ids == 0 then return '[]' end
    local names = redis.call('hmget', KEYS[2], unpack(ids))
    local places = {}
    for i, id in ipairs(ids) do
      if not names[i] then return nil end
      places[i] = '{"rank":' .. (from + i) .. ',"playerId":"' .. id .. '","username":' .. cjson.encode(names[i])
        .. ',"score":' .. found[2 * i] .. '}'
    end
    return '[' .. table.concat(places, ',') .. ']'
  end
  if not redis.call('zscore', KEYS[1], '${complete}') then return nil end`;

const topScript = `${entries}
  local top = entries(0, ${topSize - 1})
  if not top then return nil end
  local answer = '{"entries":' .. top .. ',"cachedAt":"' .. ARGV[1] .. '","stale":false}'
  redis.call('set', KEYS[3], answer, 'ex', ${topSeconds})
  redis.call('set', KEYS[4], answer)
  return answer`;

/** Says that all are there, unless somebody has come to doubt it since the filling began. */
const completeScript = `
  if redis.call('get', KEYS[2]) ~= ARGV[1] then return end
  redis.call('zadd', KEYS[1], -1, '${complete}')
  redis.call('set', KEYS[3], '1', 'px', ${compareEveryMs})`;

const aroundScript = `${entries}
  local place = redis.call('zrevrank', KEYS[1], ARGV[1])
  if not place then return '[]' end
  local players = redis.call('zcard', KEYS[1]) - 1
  local from = math.max(0, math.min(place - ${neighbours}, players - ${windowSize}))
  return entries(from, from + ${windowSize - 1})`;

/**
 * The ranking in Redis, for reading: a sorted set of the totals, which orders equal ones by id as the database does, and
 * the answer for the top, made of it in one step so that an older one never replaces a newer. Totals only grow, and an
 * older one never replaces a newer here either (GT), so updates and the comparison with the database may run at once.
 */
export class Board {
  private readonly redis: RedisClient;
  /** Something may be missing there that was committed: not to be read until it was compared with the database. */
  private doubtful = true;
  private refreshedAt = 0;
  private refreshing: NodeJS.Timeout | undefined;

  constructor(redis: RedisClient) {
    this.redis = redis;
    redis.on('ready', () => {
      this.doubtful = true;
    });
  }

  /** The answer for the top as JSON; null when it is not known here. */
  async top(): Promise<Buffer | string | null> {
    return this.unlessDoubtful(async () => (await this.redis.getBuffer(keys.top)) ?? (await this.refresh()));
  }

  /** The answer for the top as it was when it was known last. */
  async lastTop(): Promise<string | null> {
    return this.redis.get(keys.last).catch(() => null); // Then nobody knows.
  }

  /** The entries around a player as JSON, none when it has no score; null when they are not known here. */
  async around(playerId: PlayerId): Promise<string | null> {
    return this.unlessDoubtful(() => this.run(aroundScript, [keys.totals, keys.names], playerId));
  }

  /** After the commit: what is not taken in for any reason is found by the next comparison. */
  async add(totals: Total[]): Promise<void> {
    if (totals.length === 0) return;
    try {
      await this.write(totals);
      this.refreshing ??= setTimeout(
        () => {
          this.refreshing = undefined;
          this.refresh().catch((error: unknown) => this.doubt(error));
        },
        Math.max(0, this.refreshedAt + refreshEveryMs - Date.now()),
      );
    } catch (error) {
      this.doubt(error);
    }
  }

  /** Every replica looks; one at a time brings in what is missing: every minute, and at once when Redis has lost it. */
  keepFilled(scores: Scores, lifecycle: Lifecycle): void {
    every(lookEveryMs, 'leaderboard in Redis', lifecycle, async () => {
      if (this.redis.status !== 'ready') return;
      if (this.doubtful) await this.distrust();
      const [all, compared] = await Promise.all([
        this.redis.zscore(keys.totals, complete),
        this.redis.exists(keys.compared),
      ]);
      if (all !== null && compared === 1) return;
      const turn = randomUUID();
      if ((await this.redis.set(keys.filling, turn, 'PX', fillingMs, 'NX')) !== 'OK') return;
      try {
        await this.fill(scores, turn);
      } finally {
        await this.redis.del(keys.filling);
      }
    });
  }

  /** For all replicas: nothing here counts until it was compared, from the beginning. */
  private async distrust(): Promise<void> {
    this.doubtful = false;
    try {
      // In one go: whatever is read after this comes after it.
      await Promise.all([this.redis.zrem(keys.totals, complete), this.redis.del(keys.top, keys.filling)]);
    } catch (error) {
      this.doubt(error);
      throw error;
    }
  }

  private async fill(scores: Scores, turn: string): Promise<void> {
    for await (const page of scores.pages(pageSize)) {
      await this.write(page);
      await this.redis.pexpire(keys.filling, fillingMs);
    }
    await this.run(completeScript, [keys.totals, keys.filling, keys.compared], turn);
    await this.refresh();
  }

  private async write(totals: Total[]): Promise<void> {
    // The names first: whoever is ranked has one.
    await this.redis.hset(keys.names, ...totals.flatMap(({ playerId, username }) => [playerId, username]));
    await this.redis.zadd(keys.totals, 'GT', ...totals.flatMap(({ playerId, score }) => [score, playerId]));
  }

  private async refresh(): Promise<string | null> {
    this.refreshedAt = Date.now();
    return this.run(topScript, [keys.totals, keys.names, keys.top, keys.last], new Date().toISOString());
  }

  private async run(script: string, of: string[], argument: string): Promise<string | null> {
    const answer = await this.redis.eval(script, of.length, ...of, argument);
    return typeof answer === 'string' ? answer : null;
  }

  private async unlessDoubtful<T>(read: () => Promise<T | null>): Promise<T | null> {
    if (this.doubtful) return null;
    try {
      return await read();
    } catch (error) {
      this.doubt(error);
      return null;
    }
  }

  private doubt(error: unknown): void {
    if (!this.doubtful) logger.warn({ err: error }, 'leaderboard without Redis');
    this.doubtful = true;
  }
}
