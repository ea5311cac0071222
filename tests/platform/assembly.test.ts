import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { services } from '../../scripts/lib/bundle.ts';
import { ApiClient, PlayerClient } from '../../scripts/lib/load/client.ts';
import type { Platform } from '../../scripts/lib/platform.ts';
import { playMatch } from '../../scripts/lib/play.ts';
import { buyFromHouse } from '../../scripts/lib/trade.ts';
import { startTestPlatform } from '../platform.ts';

// Real: every service, one replica of each, as `up` starts them.
let platform: Platform;
let api: ApiClient;

beforeAll(async () => {
  platform = await startTestPlatform({ bots: true, rules: { lobbySeconds: 4, matchSeconds: 60, botsFillTo: 0 } });
  api = new ApiClient(platform.gatewayUrl);
}, 120_000);

afterAll(async () => {
  await api.close();
  await platform.stop();
}, 60_000);

test('every service of the plan runs', () => {
  expect(platform.replicas.map(({ service }) => service)).toEqual(services);
});

test('two players play a match; the winner gets its reward, and buys a sword of the house with it', async () => {
  const players = await Promise.all([PlayerClient.guest(api), PlayerClient.guest(api)]);
  const { result } = await playMatch(players);
  const winner = players.find(({ playerId }) => result.winners.includes(playerId));
  if (winner === undefined) throw new Error('nobody has won');
  const { item, price, balance } = await buyFromHouse(winner);
  expect({ item, price }).toEqual({ item: 'Iron sword', price: 150 });
  expect(balance).toBeGreaterThanOrEqual(500);
}, 180_000);

test('the console of the operators is there, and asks who it is', async () => {
  const [console] = platform.of('dlq');
  const page = await fetch(console?.url ?? '');
  expect(page.status).toBe(200);
  expect(await page.text()).toContain('password');
});
