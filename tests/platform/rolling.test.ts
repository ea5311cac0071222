import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Platform } from '../../scripts/lib/platform.ts';
import { startTestPlatform } from '../platform.ts';
import { audit } from './audit.ts';
import { Balancer } from './balancer.ts';
import { Crowd } from './crowd.ts';
import { say, seeded } from './random.ts';
import { quickRules, unlimited } from './settings.ts';

// Real: everything; a balancer of connections stands before two gateways, as a Service of Kubernetes does.
let platform: Platform;
let balancer: Balancer;

beforeAll(async () => {
  platform = await startTestPlatform({
    replicas: { gateway: 2, game: 2, combat: 2 },
    rules: quickRules,
    env: unlimited,
  });
  balancer = await Balancer.start(platform.of('gateway'));
});
afterAll(async () => {
  await balancer.stop();
  await platform.stop();
});

test('every replica of combat, game and gateway is replaced under load: no request fails, no connection is lost for good', async () => {
  await using crowd = await Crowd.start(balancer.url, seeded('rolling'), { players: 24, actionsPerSecond: 100 });
  await sleep(2000);
  for (const service of ['combat', 'game', 'gateway'] as const) {
    const begun = Date.now();
    for (const replica of platform.of(service)) {
      // As the chart's preStop hook: the Service stops sending there before the process hears of it.
      balancer.take(replica, false);
      await sleep(300);
      await replica.process.restart();
      balancer.take(replica, true);
    }
    say(
      `${service}: replaced in ${Date.now() - begun} ms; repeated: ${JSON.stringify(Object.fromEntries(crowd.repeats))}`,
    );
  }
  await sleep(2000);
  await crowd.stop();
  const totals = await audit(platform, crowd);
  say(`${JSON.stringify(totals)}; longest without a connection ${crowd.longestAway} ms`);
  expect(crowd.trouble).toEqual([]);
  expect(crowd.failedRequests).toBe(0);
  // Of live connections some break off, and are back at once; nothing else was ever repeated.
  expect([...crowd.repeats.keys()].filter((reason) => !reason.startsWith('live:'))).toEqual([]);
  expect(crowd.longestAway).toBeLessThan(5000);
}, 180_000);
