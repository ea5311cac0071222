import { setTimeout as sleep } from 'node:timers/promises';
import { latencies, type Latency } from './floor.ts';

export const perSecond = 20;
export const atOnce = 64;

export interface Measured {
  what: string;
  done: number;
  perSecond: number;
  failed: number;
  latency: Latency;
}

/** Does one; answers whether it came to the end that was wanted. */
export type One = () => Promise<boolean>;

/** Counts and times what is done until then; `load` says when each begins, and its time runs from when it was due. */
const measure = async (what: string, load: (once: (due: number) => Promise<void>) => Promise<void>, one: One) => {
  const measured = latencies();
  let done = 0;
  let failed = 0;
  const begun = performance.now();
  await load(async (due) => {
    if (await one()) done++;
    else failed++;
    measured.add(performance.now() - due);
  });
  const took = (performance.now() - begun) / 1000;
  return { what, done, perSecond: done / took, failed, latency: measured.get() } satisfies Measured;
};
/** So many each second, whoever is late. */
export const paced = (what: string, seconds: number, one: One) =>
  measure(
    `${what}, ${perSecond}/s`,
    async (once) => {
      const under: Promise<void>[] = [];
      const begun = performance.now();
      for (let due = begun; due < begun + seconds * 1000; due += 1000 / perSecond) {
        await sleep(Math.max(0, due - performance.now()));
        under.push(once(due));
      }
      await Promise.all(under);
    },
    one,
  );
/** So many at once, each followed by the next. */
export const saturated = (what: string, seconds: number, one: One) =>
  measure(
    `${what}, ${atOnce} at once`,
    async (once) => {
      const end = performance.now() + seconds * 1000;
      const worker = async () => {
        while (performance.now() < end) await once(performance.now());
      };
      await Promise.all(Array.from({ length: atOnce }, worker));
    },
    one,
  );
