import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { ApiClient, PlayerClient } from '../../scripts/lib/load/client.ts';
import { withPostgres } from '../../scripts/lib/postgres.ts';
import type { Platform } from '../../scripts/lib/platform.ts';
import type { Wallet } from '../../src/contracts/economy.ts';
import { Visitor } from '../../src/dlq/test-console.ts';
import { startTestPlatform } from '../platform.ts';
import { publishPoison } from '../poison.ts';
import { Economy } from './economy.ts';
import { unlimited } from './settings.ts';
import { until } from './table.ts';

/** Real: everything. */
let platform: Platform;
let api: ApiClient;
let economy: Economy;
let operator: Visitor;
beforeAll(async () => {
  platform = await startTestPlatform({ env: unlimited });
  api = new ApiClient(platform.gatewayUrl);
  economy = await Economy.of(platform);
  operator = new Visitor(platform.of('dlq')[0]?.url ?? '');
  await operator.signIn({ password: platform.servers.facts.secrets.operatorPassword });
}, 120_000);
afterAll(async () => {
  await economy.close();
  await api.close();
  await platform.stop();
});

const balance = async ({ session }: PlayerClient): Promise<number> => {
  const { body } = await api.call<Wallet>('GET', '/wallet', { token: session.accessToken });
  return body.balance;
};
/** The ids of what the console finds. */
const messages = async (query: Record<string, string>): Promise<string[]> => {
  const { text } = await operator.get(`/messages?${new URLSearchParams(query).toString()}`);
  return [...text.matchAll(/name="id" value="(\d+)"/g)].map(([, id]) => id ?? '');
};
const arrived = (count: number, query: Record<string, string>): Promise<string[]> =>
  until(`${count} dead letters`, async () => {
    const ids = await messages(query);
    return ids.length === count ? ids : undefined;
  });
/** Waits until it is so. */
const becomes = (what: string, holds: () => Promise<boolean>) =>
  until(what, async () => ((await holds()) ? true : undefined));
const inWallet = (statement: string) =>
  withPostgres(platform.servers.facts.postgres, 'wallet_db', (client) => client.query(statement).then(() => undefined));

test('scenario 6: a poison message goes to the dead letters, the partition goes on, and a replay after the fix works once', async () => {
  const unlucky = await PlayerClient.guest(api);
  const others = await Promise.all(Array.from({ length: 30 }, () => PlayerClient.guest(api)));
  // The fault: a wallet that cannot be.
  await inWallet(`alter table wallets add constraint fault check (player_id <> '${unlucky.playerId}') not valid`);
  await economy.grant(unlucky.playerId, { currency: 700 });
  // Every partition has some of these behind it.
  for (const { playerId } of others) await economy.grant(playerId, { currency: 5 });
  await becomes('the others have theirs', async () =>
    (await Promise.all(others.map(balance))).every((amount) => amount === 5),
  );
  const query = { topic: 'economy-events', key: unlucky.playerId, consumer: 'wallet', status: 'NEW' };
  const [first = ''] = await arrived(1, query);
  const page = (await operator.get(`/messages/${first}`)).text;
  for (const shown of ['RewardGranted', unlucky.playerId, 'fault', 'Replay to wallet']) expect(page).toContain(shown);

  expect((await operator.decide('REPLAY', [first])).text).toContain('1 replayed');
  const [again = ''] = await arrived(1, query);
  expect(again).not.toBe(first);
  expect((await operator.get(`/messages/${again}`)).text).toMatch(/8 attempts\s+in\s+all/);
  expect(await balance(unlucky)).toBe(0);

  await inWallet('alter table wallets drop constraint fault');
  await operator.decide('REPLAY', [again]);
  await becomes('the reward', async () => (await balance(unlucky)) === 700);
  await economy.settled();
  await economy.expectSound();
  expect(await balance(unlucky)).toBe(700);
  expect(await messages(query)).toEqual([]);
});

test('what no consumer can read is a letter of each, and is discarded with a reason', async () => {
  await publishPoison(platform.servers.serviceFacts.kafka, 'poison');
  await arrived(4, { key: 'poison' });
  await operator.get('/decide?action=DISCARD&key=poison');
  const answer = await operator.post('/decisions', {
    action: 'DISCARD',
    reason: 'nobody knows what it was',
    filter: 'key=poison',
  });
  const decision = answer.headers.get('location') ?? '';
  await becomes('all four', async () => (await operator.get(decision)).text.includes('4 discarded'));
  expect((await operator.get('/audit')).text).toContain('nobody knows what it was');
});

test('the console tells how much waits, and every consumer its lag', async () => {
  const told = async (service: 'dlq' | 'wallet', line: string) => {
    const text = await (await fetch(`${platform.of(service)[0]?.managementUrl ?? ''}/metrics`)).text();
    return text.includes(line);
  };
  await becomes('nothing waits', () => told('dlq', 'dlq_messages_waiting{topic="economy-events"} 0'));
  await becomes('no lag', () => told('wallet', 'kafka_consumer_lag{topic="economy-events",consumer_group="wallet"} 0'));
});
