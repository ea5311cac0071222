import { readFileSync } from 'node:fs';
import { logger } from './telemetry/logger.ts';

/** The values of a secret that are good at the moment: the current one first. */
type Values = [current: string, ...others: string[]];

/** How old what was read of a file may be. */
const readEveryMs = 1000;

/**
 * A secret that may change while the process runs. While it does, two values are good: `current`, which is to be used, and
 * the one before or after it, which others may still or already use.
 */
export class Secret {
  private readonly read: () => Values;
  private values: Values;
  private readAt = performance.now();
  private refused: string | undefined;

  /** @throws what `read` throws, now; later what was read last stays */
  constructor(read: () => Values) {
    this.read = read;
    this.values = read();
  }

  get current(): string {
    return this.all[0];
  }

  /** All that is to be accepted, the current one first. */
  get all(): Readonly<Values> {
    if (performance.now() - this.readAt < readEveryMs) return this.values;
    this.readAt = performance.now();
    try {
      this.values = this.read();
    } catch (error) {
      logger.warn({ err: error }, 'a secret cannot be read; what it was goes on being used');
    }
    return this.values;
  }

  /** What to sign in with to somebody who may not know the current value yet: not what was refused last, if there is another. */
  get offer(): string {
    return this.all.find((value) => value !== this.refused) ?? this.current;
  }

  /** Tells that a value was refused. @returns whether there is another to try */
  refuse(value: string): boolean {
    this.refused = value;
    return this.offer !== value;
  }
}

/** Text of a file, without the end of its last line. */
const textOf = (path: string): string => readFileSync(path, 'utf8').replace(/\r?\n$/, '');

/** What is in a file, and while it is being changed in `<file>.other`. @throws when there is no such file */
export const valuesIn = (path: string): Values => {
  const current = textOf(path);
  try {
    return [current, textOf(`${path}.other`)];
  } catch {
    return [current]; // Most of the time there is no other.
  }
};
