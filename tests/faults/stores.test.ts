import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Platform } from '../../scripts/lib/platform.ts';
import { startTestPlatform } from '../platform.ts';
import { audit } from '../platform/audit.ts';
import { Crowd, type Acknowledged } from '../platform/crowd.ts';
import { say, seeded } from '../platform/random.ts';
import { quickRules, unlimited } from '../platform/settings.ts';

// Real: everything. Each of the stores is lost under load, and comes back.
const kafkaAwaySeconds = Number(process.env.KAFKA_AWAY_SECONDS ?? 15);
let platform: Platform;
const acknowledged: Acknowledged[] = [];

beforeAll(async () => {
  platform = await startTestPlatform({ replicas: { game: 2, combat: 2 }, rules: quickRules, env: unlimited });
});
afterAll(() => platform.stop());

/** Plays while something happens, then looks at everything. Nothing is lost or doubled, and no service has died. */
const playThrough = async (what: string, happens: (crowd: Crowd) => Promise<void>) => {
  const pids = platform.replicas.map(({ process }) => process.pid);
  await using crowd = await Crowd.start(platform.gatewayUrl, seeded(what), { players: 18, actionsPerSecond: 70 });
  await sleep(3000);
  await happens(crowd);
  await sleep(3000);
  await crowd.stop();
  acknowledged.push(...crowd.acknowledged);
  const totals = await audit(platform, { acknowledged, results: crowd.results });
  say(`${what}: ${JSON.stringify(totals)}; repeated: ${JSON.stringify(Object.fromEntries(crowd.repeats))}`);
  expect(crowd.trouble).toEqual([]);
  expect(crowd.failedRequests).toBe(0);
  expect(platform.replicas.map(({ process }) => process.pid)).toEqual(pids);
};

test('without Redis matches go on', async () => {
  const { redis } = platform.servers;
  await playThrough('Redis', async (crowd) => {
    await redis.kill('SIGKILL');
    const before = crowd.acknowledged.length;
    await sleep(5000);
    const meanwhile = crowd.acknowledged.slice(before).filter(({ answer }) => answer.status === 200).length;
    say(`Redis away for 5 s: ${meanwhile} actions took effect`);
    expect(meanwhile).toBeGreaterThan(20);
    await redis.start();
  });
}, 120_000);

test('Kafka away under load: nothing is lost, nothing doubled', async () => {
  const { kafka } = platform.servers;
  await playThrough('Kafka', async () => {
    await kafka.stop();
    await sleep(kafkaAwaySeconds * 1000);
    await kafka.start();
  });
}, 180_000);

test('PostgreSQL restarted under load: nothing is lost, nothing doubled', async () => {
  const { postgres } = platform.servers;
  await playThrough('PostgreSQL', async () => {
    await postgres.restart();
    await sleep(3000);
    // And as after a crash.
    await postgres.kill('SIGQUIT');
    await postgres.start();
  });
}, 180_000);
