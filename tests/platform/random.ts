/** Draws that can be had again: the seed is printed, and `SEED=…` in the environment sets it. */
export class Random {
  private state: number;

  constructor(seed: number) {
    this.state = seed;
  }

  /** From 0 to below 1 (mulberry32). */
  next(): number {
    this.state = (this.state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.state ^ (this.state >>> 15), 1 | this.state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  /** 0 … below - 1. */
  below(limit: number): number {
    return Math.floor(this.next() * limit);
  }

  chance(probability: number): boolean {
    return this.next() < probability;
  }

  pick<T>(items: readonly [T, ...T[]]): T;
  pick<T>(items: readonly T[]): T | undefined;
  pick<T>(items: readonly T[]): T | undefined {
    return items[this.below(items.length)];
  }
}

/** What a test has to tell besides whether it passed. */
export const say = (line: string): void => {
  process.stdout.write(`  ${line}\n`);
};

export const seeded = (name: string): Random => {
  const seed = Number(process.env.SEED ?? Math.floor(Math.random() * 2 ** 31));
  say(`${name}: SEED=${seed}`);
  return new Random(seed);
};
