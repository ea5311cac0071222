import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { freePort } from '../../scripts/lib/ports.ts';
import { startToxiproxy, type FaultyNetwork } from '../../scripts/lib/toxiproxy.ts';
import type { Platform } from '../../scripts/lib/platform.ts';
import { ownFolder, type OwnFolder } from '../folder.ts';
import { startTestPlatform } from '../platform.ts';
import { chaos, type Store } from '../platform/chaos.ts';
import { Economy } from '../platform/economy.ts';
import { Random, say, seeded } from '../platform/random.ts';
import { quickRules, unlimited } from '../platform/settings.ts';
import { Traders } from '../platform/traders.ts';
import { Visitors } from '../platform/visitors.ts';

// Real: everything, with a proxy before each store. SEED=… ECONOMY_SEEDS=1 plays one of them again.
const seeds = Number(process.env.ECONOMY_SEEDS ?? 3);
const seconds = Number(process.env.ECONOMY_SECONDS ?? 60);
let folder: OwnFolder;
let network: FaultyNetwork<Store>;
let platform: Platform;
let economy: Economy;
const first = seeded('economy').below(2 ** 31);

beforeAll(async () => {
  folder = await ownFolder('network');
  const ports = { kafka: await freePort(), postgres: await freePort(), redis: await freePort() };
  network = await startToxiproxy(folder.path, ports);
  const { kafka, postgres, redis } = network.paths;
  platform = await startTestPlatform({
    ports,
    proxies: { kafka: kafka.port, postgres: postgres.port, redis: redis.port },
    replicas: { combat: 2, wallet: 2, inventory: 2, marketplace: 2 },
    rules: quickRules,
    env: {
      ...unlimited,
      wallet: { STAMP_RESERVATION_SECONDS: '5' },
      marketplace: { SAGA_STEP_SECONDS: '3', HOUSE: JSON.stringify({ iron_sword: { listings: 8, price: 90 } }) },
    },
  });
  economy = await Economy.of(platform);
});
afterAll(async () => {
  await economy.close();
  await platform.stop();
  await network.stop();
  folder.remove();
});

test.each(Array.from({ length: seeds }, (_, index) => (seeds === 1 ? first : first + index)))(
  'money and items stay whole while everything fails (seed %i)',
  async (seed) => {
    const random = new Random(seed);
    await using people = new Visitors(platform.gatewayUrl, 9, random);
    await using traders = await Traders.start(platform.gatewayUrl, economy, random, { traders: 12, pauseMs: 400 });
    await sleep(2000);
    const happened = await chaos(platform, network, new Random(seed), seconds);
    say(happened.join(' · '));
    await traders.stop();
    await people.leave();
    const tookMs = await economy.settled(60_000);
    say(`settled ${tookMs} ms after the last fault; trades ${JSON.stringify(await economy.trades())}`);
    say(`answers ${JSON.stringify(Object.fromEntries(traders.answers))}`);
    await economy.expectWhole();
    expect(traders.trouble).toEqual([]);
  },
  (seconds + 240) * 1000,
);
