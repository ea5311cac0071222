import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Redis } from 'ioredis';
import { ApiClient, PlayerClient } from '../../scripts/lib/load/client.ts';
import { playMatch } from '../../scripts/lib/play.ts';
import type { Platform } from '../../scripts/lib/platform.ts';
import { Api } from '../../src/bots/api.ts';
import { Leaderboard } from '../../src/contracts/economy.ts';
import { ListingId } from '../../src/contracts/ids.ts';
import { routes } from '../../src/contracts/routes.ts';
import { startTestPlatform } from '../platform.ts';
import { Economy } from '../platform/economy.ts';
import { anOffer } from '../platform/offer.ts';
import { say, seeded } from '../platform/random.ts';
import { quickRules, unlimited } from '../platform/settings.ts';
import { until } from '../platform/table.ts';
import { Traders } from '../platform/traders.ts';
import { Visitors } from '../platform/visitors.ts';

// Real: everything. The failures that operations.md says must be survived, as far as they concern money.
let platform: Platform;
let economy: Economy;
const random = seeded('scenarios');

beforeAll(async () => {
  platform = await startTestPlatform({
    rules: quickRules,
    env: {
      ...unlimited,
      wallet: { STAMP_RESERVATION_SECONDS: '5' },
      marketplace: { SAGA_STEP_SECONDS: '3', HOUSE: JSON.stringify({ iron_sword: { listings: 10, price: 90 } }) },
    },
  });
  economy = await Economy.of(platform);
});
afterAll(async () => {
  await economy.close();
  await platform.stop();
});

const trading = () => Traders.start(platform.gatewayUrl, economy, random, { traders: 8, pauseMs: 250 });

/** A player with money, and what it is answered when it wants to buy, after how long. */
const aBuyer = async () => {
  const stop = new AbortController();
  const api = new Api(platform.gatewayUrl, stop.signal);
  const session = await api.ask(routes.guest, { body: {} });
  if (!session.ok) throw new Error(session.error);
  const { playerId, accessToken } = session.body;
  await economy.grant(playerId, { currency: 100_000 });
  const headers = { authorization: `Bearer ${accessToken}`, 'content-type': 'application/json' };
  const buy = async (listingId: ListingId) => {
    const began = performance.now();
    const response = await fetch(`${platform.gatewayUrl}/api/marketplace/trades`, {
      method: 'POST',
      headers: { ...headers, 'x-idempotency-key': randomUUID() },
      body: JSON.stringify({ listingId }),
    });
    const { error = 'none' } = (await response.json()) as { error?: string };
    return { status: response.status, error, ms: performance.now() - began };
  };
  const balance = async () => {
    const answer = await api.ask(routes.getWallet, { token: accessToken });
    return answer.ok ? answer.body.balance : 0;
  };
  while ((await balance()) === 0) await sleep(100);
  return { listing: await anOffer(new ApiClient(platform.gatewayUrl), accessToken), buy };
};

const nowhere = ListingId.parse(randomUUID());
const median = (answers: { ms: number }[]): number =>
  answers.map(({ ms }) => ms).toSorted((a, b) => a - b)[answers.length >> 1] ?? Infinity;

test('wallet is down: the breaker opens within 10 s, answers at once, and closes by itself; no trade is half done', async () => {
  const { listing, ...buyer } = await aBuyer();
  const [wallet] = platform.of('wallet');
  await wallet?.process.kill('SIGKILL');
  const began = Date.now();
  for (;;) {
    const { status, error } = await buyer.buy(listing);
    expect(status).toBe(503);
    if (error === 'CIRCUIT_OPEN') break;
    expect(Date.now() - began).toBeLessThan(10_000);
  }
  const opened = Date.now() - began;
  const quick = [];
  const bare = [];
  for (let count = 0; count < 15; count++) {
    quick.push(await buyer.buy(listing));
    bare.push(await buyer.buy(nowhere));
  }
  expect(quick.filter(({ status }) => status !== 503)).toEqual([]);
  // Now and then one is let through, to see whether wallet is back.
  const atOnce = quick.filter(({ error }) => error === 'CIRCUIT_OPEN');
  expect(atOnce.length).toBeGreaterThan(10);
  // Beside a question on the same way for which nobody else is asked, since a machine may be slow.
  const times = { open: median(atOnce), bare: median(bare) };
  expect(times.open).toBeLessThan(50 + 3 * times.bare);
  await wallet?.process.start();
  const back = Date.now();
  while ((await buyer.buy(listing)).status !== 202) {
    expect(Date.now() - back).toBeLessThan(45_000);
    await sleep(250);
  }
  say(
    `open after ${opened} ms, then answers in ${times.open.toFixed(0)} ms (${times.bare.toFixed(0)} where nobody is asked); closed ${Date.now() - back} ms after the return`,
  );
  await economy.settled();
  await economy.expectWhole();
}, 120_000);

test.each(['wallet', 'inventory', 'marketplace', 'reward', 'combat'] as const)(
  '%s is killed in the middle of trades, and stays away for longer than a step may take: each trade is completed or compensated',
  async (service) => {
    await using traders = await trading();
    await sleep(3000);
    const victims = platform.of(service);
    for (const { process } of victims) await process.kill('SIGKILL');
    await sleep(7000);
    for (const { process } of victims) await process.start();
    await sleep(2000);
    await traders.stop();
    const tookMs = await economy.settled(60_000);
    say(`${service}: settled after ${tookMs} ms; trades ${JSON.stringify(await economy.trades())}`);
    await economy.expectWhole();
    expect(traders.trouble).toEqual([]);
  },
  150_000,
);

test('Kafka is away for 30 s under load: nothing is lost, nothing doubled, and what piled up is worked off', async () => {
  await using traders = await trading();
  await using people = new Visitors(platform.gatewayUrl, 6, random);
  await sleep(5000);
  await platform.servers.kafka.stop();
  await sleep(30_000);
  await economy.expectSound();
  await platform.servers.kafka.start();
  await sleep(5000);
  await traders.stop();
  await people.leave();
  say(`settled after ${await economy.settled(60_000)} ms; trades ${JSON.stringify(await economy.trades())}`);
  await economy.expectWhole();
  expect(traders.trouble).toEqual([]);
}, 240_000);

test('without Redis trades and the leaderboard go on, and the cache refills', async () => {
  const top = async () => {
    const response = await fetch(`${platform.gatewayUrl}/api/leaderboard/top100`);
    const entries = response.ok ? Leaderboard.parse(await response.json()).entries : [];
    return entries.map(({ playerId, score }) => ({ playerId, score }));
  };
  const players = new ApiClient(platform.gatewayUrl);
  await playMatch([await PlayerClient.guest(players), await PlayerClient.guest(players)]);
  await players.close();
  await economy.settled();
  const best = await economy.ranking();
  expect(best.length).toBeGreaterThan(0);
  // What is asked for in between may be a second old.
  await until('all have heard of the ranking', async () => isDeepStrictEqual(await top(), best) || undefined);
  const completed = async () => (await economy.trades())['COMPLETED'] ?? 0;
  await using traders = await trading();
  await platform.servers.redis.kill('SIGKILL');
  const at = await completed();
  await sleep(8000);
  expect(await completed()).toBeGreaterThan(at + 3);
  expect(await top()).toEqual(best);
  // As after the loss of its machine: it comes back with nothing.
  await platform.servers.redis.start();
  const [host, port] = platform.servers.facts.redis.split(':');
  const redis = new Redis({ host: host ?? '', port: Number(port) });
  try {
    const deadline = Date.now() + 90_000;
    while ((await top()).length === 0 || (await redis.exists('leaderboard:top100')) === 0) {
      expect(Date.now()).toBeLessThan(deadline);
      await sleep(500);
    }
  } finally {
    redis.disconnect();
  }
  expect(await top()).toEqual(best);
  await traders.stop();
  await economy.settled();
  await economy.expectWhole();
}, 180_000);
