import { expect, test } from '@jest/globals';
import { randomInt } from 'node:crypto';
import type { Fault } from './models.ts';
import { randomFrom, Violation, World } from './world.ts';

const schedules = 1_000_000;

/** One trade from its seed: some chaos, then peace. */
const run = (seed: number, fault: Fault = 'none'): World => {
  const random = randomFrom(seed);
  const world = new World(random, fault);
  for (let left = random(48); left > 0; left--) world.live();
  world.settle();
  return world;
};

test('a million random schedules, with messages lost, doubled, late and reordered and restarts anywhere: each ends COMPLETED or FAILED, and money and item are always in one place', () => {
  const seed = Number(process.env['SEED'] ?? randomInt(2 ** 31));
  process.stdout.write(`saga schedules: SEED=${seed}\n`);
  const ends = new Map<string, number>();
  for (let index = 0; index < schedules; index++) {
    try {
      const { saga } = run(seed + index);
      const end = saga.failure ?? saga.state;
      ends.set(end, (ends.get(end) ?? 0) + 1);
    } catch (error) {
      throw new Error(`schedule SEED=${seed + index}`, { cause: error });
    }
  }
  // Each way to end was met, and often.
  for (const end of ['COMPLETED', 'INSUFFICIENT_BALANCE', 'ITEM_NOT_AVAILABLE', 'TIMED_OUT']) {
    expect([end, (ends.get(end) ?? 0) > schedules / 100]).toEqual([end, true]);
  }
});

test.each<Fault>(['no tombstone', 'money back after the item', 'seller paid at once', 'item moves unlocked'])(
  'the schedules would find out: %s',
  (fault) => {
    expect(() => {
      for (let seed = 0; seed < 20_000; seed++) run(seed, fault);
    }).toThrow(Violation);
  },
);
