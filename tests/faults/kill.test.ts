import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Platform, Replica } from '../../scripts/lib/platform.ts';
import { startTestPlatform } from '../platform.ts';
import { audit } from '../platform/audit.ts';
import { Crowd } from '../platform/crowd.ts';
import { quickRules, unlimited } from '../platform/settings.ts';
import { say, seeded, type Random } from '../platform/random.ts';

// Real: everything. Three replicas each of game and combat, of which one each dies every few seconds.
const seconds = Number(process.env.KILL_SECONDS ?? 120);
let platform: Platform;

beforeAll(async () => {
  platform = await startTestPlatform({ replicas: { game: 3, combat: 3 }, rules: quickRules, env: unlimited });
});
afterAll(() => platform.stop());

test(
  'replicas of game and combat are killed again and again: every action has its effect exactly once, every match ends',
  async () => {
    const random = seeded('kill');
    const gateway = platform.of('gateway')[0]?.process.pid;
    await using crowd = await Crowd.start(platform.gatewayUrl, random, { players: 36, actionsPerSecond: 180 });
    const until = Date.now() + seconds * 1000;
    const kills = await Promise.all([
      killAgainAndAgain('game', random, until),
      killAgainAndAgain('combat', random, until),
    ]);
    await crowd.stop();
    const totals = await audit(platform, crowd);
    say(`killed ${kills.join(' of game and ')} of combat; ${JSON.stringify(totals)}`);
    say(
      `repeated: ${JSON.stringify(Object.fromEntries(crowd.repeats))}; longest without a connection ${crowd.longestAway} ms`,
    );
    expect(crowd.trouble).toEqual([]);
    // The gateway was not killed: behind it replicas may come and go, and no request fails.
    expect(crowd.failedRequests).toBe(0);
    expect(platform.of('gateway')[0]?.process.pid).toBe(gateway);
    expect(totals.tookEffect).toBeGreaterThan(20 * seconds);
  },
  (seconds + 180) * 1000,
);

const killAgainAndAgain = async (service: 'game' | 'combat', random: Random, until: number): Promise<number> => {
  const replicas: readonly Replica[] = platform.of(service);
  let killed = 0;
  while (Date.now() < until) {
    await sleep(1000 + random.below(3000));
    const victim = random.pick(replicas);
    if (!victim) throw new Error(`no replica of ${service}`);
    await victim.process.kill('SIGKILL');
    killed++;
    await sleep(random.below(2000));
    await victim.process.start();
  }
  return killed;
};
