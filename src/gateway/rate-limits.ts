import { LRUCache } from 'lru-cache';
import { RateLimiterRedis, RateLimiterRes } from 'rate-limiter-flexible';
import type { PlayerId } from '../contracts/ids.ts';
import { ApiError } from '../platform/errors.ts';
import { networkOf } from '../platform/http/network.ts';
import type { RedisClient } from '../platform/redis.ts';

/** How many in how long. */
export interface Limit {
  points: number;
  seconds: number;
}

/** `requests/seconds`, such as `300/10`; null for anything else. */
export const parseLimit = (text: string): Limit | null => {
  const [, points, seconds] = /^([1-9]\d{0,8})\/([1-9]\d{0,5})$/.exec(text) ?? [];
  return points === undefined || seconds === undefined ? null : { points: Number(points), seconds: Number(seconds) };
};

export interface Limits {
  /** Requests of one player. */
  player: Limit;
  /** Requests without a valid token from one address. */
  address: Limit;
  /** New players from one address. */
  signUp: Limit;
  /** Failed sign-ins to one account. */
  loginAccount: Limit;
  /** Failed sign-ins from one address. */
  loginAddress: Limit;
}

/** How long Redis is left alone after it failed; while it hangs, every command takes until its time-out. */
const redisRestMs = 1000;
const keysRemembered = 20_000;

/** What this gateway knows of one key in the current window. */
interface Count {
  taken: number;
  /** Of those, how many Redis was told of. */
  shared: number;
  /** The end of the window, in milliseconds since the epoch. */
  until: number;
}

/** Counts in Redis, for all gateways together; while Redis is away each gateway counts for itself. */
class Limiter {
  private readonly limit: Limit;
  /** As long as no gateway has seen more than this of a key, they have not seen too many together: Redis is not asked. */
  private readonly ownShare: number;
  private readonly shared: RateLimiterRedis;
  private readonly counts = new LRUCache<string, Count>({ max: keysRemembered });
  private aloneUntil = 0;

  constructor(redis: RedisClient, name: string, limit: Limit, gateways: number) {
    this.limit = limit;
    this.ownShare = Math.floor(limit.points / gateways);
    this.shared = new RateLimiterRedis({
      storeClient: redis,
      keyPrefix: `limit:${name}`,
      points: limit.points,
      duration: limit.seconds,
      rejectIfRedisNotReady: true,
      // Who is over the limit costs Redis nothing until its time is up.
      inMemoryBlockOnConsumed: limit.points + 1,
    });
  }

  /** @throws RATE_LIMITED */
  async take(key: string): Promise<void> {
    const count = this.countOf(key);
    count.taken++;
    if (count.taken <= this.ownShare) return;
    const retryAfterMs = await this.share(key, count);
    if (retryAfterMs > 0) throw new ApiError('RATE_LIMITED', 'Too many requests; slow down.', { retryAfterMs });
  }

  async giveBack(key: string): Promise<void> {
    const count = this.countOf(key);
    count.taken--;
    if (Date.now() < this.aloneUntil) return;
    count.shared--;
    await this.shared.reward(key).catch(this.rest);
  }

  /** How long the key has to wait; 0 when it may go on. */
  private async share(key: string, count: Count): Promise<number> {
    if (Date.now() >= this.aloneUntil) {
      const untold = count.taken - count.shared;
      count.shared = count.taken;
      try {
        await this.shared.consume(key, untold);
        return 0;
      } catch (reason) {
        if (reason instanceof RateLimiterRes) return reason.msBeforeNext;
        this.rest();
      }
    }
    return count.taken > this.limit.points ? count.until - Date.now() : 0;
  }

  /** Redis is away, which its client has logged. */
  private readonly rest = (): void => {
    this.aloneUntil = Date.now() + redisRestMs;
  };

  private countOf(key: string): Count {
    const known = this.counts.get(key);
    const now = Date.now();
    if (known && known.until > now) return known;
    const fresh = { taken: 0, shared: 0, until: now + this.limit.seconds * 1000 };
    this.counts.set(key, fresh);
    return fresh;
  }
}

/** As many gateways as there are at most, with some to spare. */
const mostGateways = 10;

/** Everything that is limited at the front door. Each throws RATE_LIMITED with the time to wait. */
export class RateLimits {
  private readonly limiters: Record<keyof Limits, Limiter>;

  constructor(redis: RedisClient, limits: Limits) {
    const limiter = (name: keyof Limits, gateways: number) => new Limiter(redis, name, limits[name], gateways);
    this.limiters = {
      player: limiter('player', mostGateways),
      address: limiter('address', mostGateways),
      signUp: limiter('signUp', mostGateways),
      // Guesses are few and must be counted one by one.
      loginAccount: limiter('loginAccount', Infinity),
      loginAddress: limiter('loginAddress', Infinity),
    };
  }

  /** A request; by address when nobody is signed in. */
  async request(playerId: PlayerId | null, address: string): Promise<void> {
    if (playerId !== null) await this.limiters.player.take(playerId);
    else await this.limiters.address.take(networkOf(address));
  }

  async signUp(address: string): Promise<void> {
    await this.limiters.signUp.take(networkOf(address));
  }

  /** Counts sign-ins with a wrong name or password: by account against guessing one, by address against trying many names. */
  async login<T>(username: string, address: string, signIn: () => Promise<T>): Promise<T> {
    const account = username.toLowerCase();
    const network = networkOf(address);
    const { loginAccount, loginAddress } = this.limiters;
    // Taken before and given back, or many guesses at once would all go through.
    await loginAddress.take(network);
    await loginAccount.take(account);
    let wrong = false;
    try {
      return await signIn();
    } catch (error) {
      wrong = error instanceof ApiError && error.code === 'UNAUTHORIZED';
      throw error;
    } finally {
      if (!wrong) await Promise.all([loginAccount.giveBack(account), loginAddress.giveBack(network)]);
    }
  }
}
