import { isIPv6 } from 'node:net';
import { RateLimiterMemory, RateLimiterRedis, RateLimiterRes, type RateLimiterAbstract } from 'rate-limiter-flexible';
import type { PlayerId } from '../contracts/ids.ts';
import { ApiError } from '../platform/errors.ts';
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

/** Counts in Redis, for all gateways together; while Redis is away each gateway counts for itself. */
class Limiter {
  private readonly shared: RateLimiterAbstract;
  private readonly local: RateLimiterAbstract;
  private localUntil = 0;

  constructor(redis: RedisClient, name: string, { points, seconds }: Limit) {
    const options = { keyPrefix: `limit:${name}`, points, duration: seconds };
    this.local = new RateLimiterMemory(options);
    this.shared = new RateLimiterRedis({
      ...options,
      storeClient: redis,
      rejectIfRedisNotReady: true,
      // Who is over the limit costs Redis nothing until its time is up.
      inMemoryBlockOnConsumed: points + 1,
    });
  }

  /** @throws RATE_LIMITED */
  async take(key: string): Promise<void> {
    const refused = await this.with((limiter) => limiter.consume(key).then(() => null, refusal));
    if (refused) {
      throw new ApiError('RATE_LIMITED', 'Too many requests; slow down.', { retryAfterMs: refused.msBeforeNext });
    }
  }

  async giveBack(key: string): Promise<void> {
    await this.with((limiter) => limiter.reward(key));
  }

  private async with<T>(work: (limiter: RateLimiterAbstract) => Promise<T>): Promise<T> {
    if (Date.now() < this.localUntil) return work(this.local);
    try {
      return await work(this.shared);
    } catch {
      // Redis is away, which its client has logged.
      this.localUntil = Date.now() + redisRestMs;
      return work(this.local);
    }
  }
}

/** The limiter rejects with this when the limit is reached, and with an error when it could not count. */
const refusal = (reason: unknown): RateLimiterRes => {
  if (reason instanceof RateLimiterRes) return reason;
  throw reason;
};

/** Everything that is limited at the front door. Each throws RATE_LIMITED with the time to wait. */
export class RateLimits {
  private readonly limiters: Record<keyof Limits, Limiter>;

  constructor(redis: RedisClient, limits: Limits) {
    const limiter = (name: keyof Limits) => new Limiter(redis, name, limits[name]);
    this.limiters = {
      player: limiter('player'),
      address: limiter('address'),
      signUp: limiter('signUp'),
      loginAccount: limiter('loginAccount'),
      loginAddress: limiter('loginAddress'),
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

  /** Counts sign-ins that fail: by account against guessing one password, by address against trying many names. */
  async login<T>(username: string, address: string, signIn: () => Promise<T>): Promise<T> {
    const account = username.toLowerCase();
    const network = networkOf(address);
    const { loginAccount, loginAddress } = this.limiters;
    // Taken before and given back, or many guesses at once would all go through.
    await loginAddress.take(network);
    await loginAccount.take(account);
    const result = await signIn();
    await Promise.all([loginAccount.giveBack(account), loginAddress.giveBack(network)]);
    return result;
  }
}

/** What one client can be told by: an IPv4 address, or the /64 of an IPv6 one, of which it has them all. */
export const networkOf = (address: string): string => {
  const plain = address.replace(/^::ffff:(?=\d+\.)/i, '');
  if (!isIPv6(plain)) return plain;
  const [head = '', tail] = plain.split('::');
  const groups = head === '' ? [] : head.split(':');
  if (tail !== undefined) {
    const rest = tail === '' ? 0 : tail.split(':').length;
    while (groups.length < 8 - rest) groups.push('0');
  }
  return groups
    .slice(0, 4)
    .map((group) => parseInt(group, 16).toString(16))
    .join(':');
};
