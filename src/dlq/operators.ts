import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import { networkOf } from '../platform/http/network.ts';
import type { Secret } from '../platform/secret.ts';
import { isSame } from './sessions.ts';

/** Sign-ins from one network that may fail. */
const allowed = { points: 10, duration: 15 * 60 };

/** Who may sign in. */
export class Operators {
  private readonly username: string;
  private readonly password: Secret;
  private readonly attempts = new RateLimiterMemory(allowed);

  constructor(username: string, password: Secret) {
    this.username = username;
    this.password = password;
  }

  /** @returns who it is, `unknown`, or how long nobody from there may try */
  async signIn(
    username: string,
    password: string,
    address: string,
  ): Promise<{ operator: string } | 'unknown' | { waitMs: number }> {
    const network = networkOf(address);
    try {
      // Taken before, or many guesses at once would all be looked at.
      await this.attempts.consume(network);
    } catch (reason) {
      if (reason instanceof RateLimiterRes) return { waitMs: reason.msBeforeNext };
      throw reason;
    }
    // Both are compared, whatever the first says.
    const same = [isSame(username, this.username), isSame(password, this.password.current)];
    if (same.includes(false)) return 'unknown';
    await this.attempts.delete(network);
    return { operator: this.username };
  }
}
