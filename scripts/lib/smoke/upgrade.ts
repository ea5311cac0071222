import { expectMoneyWhole, expectNothingLost } from './audit.ts';
import { expectNone, held, say, timed } from './cluster.ts';
import { imageOf } from './images.ts';
import { Load, type LoadSize, type Report } from './load.ts';
import type { Release } from './release.ts';

/** The longest that a player may be without a live connection, which comes back by itself. */
const awayMs = 15_000;

/** Runs something while players play, buy and sell; afterwards looks whether any of it was lost. */
export const underLoad = async (
  release: Release,
  work: (load: Load) => Promise<void>,
  size?: LoadSize,
): Promise<Report> => {
  const { services } = release.namespaces;
  const load = await Load.start(release.namespace, release.frontDoor, await imageOf(services, 'api-gateway'), size);
  let report: Report;
  try {
    await work(load);
    report = await load.stop();
  } finally {
    await load.remove();
  }
  const { requests, ms, repeats, longestAwayMs, trades, trouble } = report;
  say(
    `${requests} requests, p50 ${ms.p50} ms, p99 ${ms.p99} ms, at most ${ms.most} ms; sent again: ${JSON.stringify(repeats)}`,
  );
  expectNone(`none of ${requests} requests failed`, load.failed);
  expectNone('players met nothing that the API does not promise', trouble);
  expectNone(
    `live connections came back within ${(longestAwayMs / 1000).toFixed(1)} s`,
    longestAwayMs > awayMs ? [`longer than ${awayMs / 1000} s`] : [],
  );
  const { PENDING = 0, COMPLETED = 0 } = trades;
  expectNone(`every trade has ended: ${JSON.stringify(trades)}`, [
    ...(PENDING > 0 ? [`${PENDING} have not`] : []),
    ...(COMPLETED === 0 ? ['none was completed'] : []),
  ]);
  await expectNothingLost(release.ask, report);
  await expectMoneyWhole(release.ask);
  return report;
};

/** Whether a step replaced the pods of every service, and how long that took. */
export const replacesEveryPod = async (release: Release, what: string, step: () => Promise<void>): Promise<void> => {
  const before = await release.pods();
  const seconds = await timed(step);
  const after = await release.pods();
  const stayed = after.filter((name) => before.includes(name));
  expectNone(`${what} replaced ${before.length} pods in ${seconds.toFixed(0)} s`, stayed);
};

/** An upgrade to other images of every service, and back. */
export const upgradeAndRollBack = async (release: Release, next: readonly string[]): Promise<void> => {
  await underLoad(release, async (load) => {
    const during = async (what: string, step: () => Promise<void>) => {
      const { requests, failed } = { requests: load.requests, failed: load.failed.length };
      await replacesEveryPod(release, what, step);
      say(`${load.requests - requests} requests meanwhile, ${load.failed.length - failed} failed`);
    };
    await during('helm upgrade', () => release.upgrade(...next));
    await during('helm rollback', () => release.rollback());
  });
  await release.test();
  held('helm test passes after it');
};
