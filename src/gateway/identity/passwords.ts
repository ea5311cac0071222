import { hash, verify } from '@node-rs/argon2';
import { ApiError } from '../../platform/errors.ts';

/** OWASP's first choice for argon2id: 19 MiB, two passes, one lane. It is the library's default algorithm. */
const parameters = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };

export interface PasswordLimits {
  /** How many are computed at once; each takes 19 MiB and a thread. */
  concurrency: number;
  /** How many may wait; who comes after is told to come back. */
  queue: number;
}

/**
 * Hashes passwords with argon2id. A flood of sign-ins takes no more memory and threads than `limits` says, so that the
 * players who are signed in don't feel it.
 */
export class Passwords {
  private readonly limits: PasswordLimits;
  private readonly waiting: (() => void)[] = [];
  private running = 0;
  /** Of a password that nobody has. */
  private readonly decoy: string;

  private constructor(limits: PasswordLimits, decoy: string) {
    this.limits = limits;
    this.decoy = decoy;
  }

  static async open(limits: PasswordLimits): Promise<Passwords> {
    return new Passwords(limits, await hash(crypto.getRandomValues(new Uint8Array(32)), parameters));
  }

  async hash(password: string): Promise<string> {
    return this.inTurn(() => hash(password, parameters));
  }

  /** Takes as long for an account without a password, or none: who asks must not learn which names exist. */
  async matches(password: string, passwordHash: string | null): Promise<boolean> {
    const same = await this.inTurn(() => verify(passwordHash ?? this.decoy, password));
    return same && passwordHash !== null;
  }

  private async inTurn<T>(work: () => Promise<T>): Promise<T> {
    if (this.running < this.limits.concurrency) this.running++;
    else await this.turn();
    try {
      return await work();
    } finally {
      const next = this.waiting.shift();
      if (next) next();
      else this.running--;
    }
  }

  private turn(): Promise<void> {
    if (this.waiting.length >= this.limits.queue) {
      throw new ApiError('RATE_LIMITED', 'Too many people are signing in; try again in a moment.', {
        retryAfterMs: 1000,
      });
    }
    return new Promise((resolve) => this.waiting.push(resolve));
  }
}
