import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../../scripts/lib/ports.ts';
import { ManagedProcess } from '../../scripts/lib/process.ts';
import { foldersOf } from '../../scripts/lib/servers.ts';
import { ownFolder, type OwnFolder } from '../../tests/folder.ts';
import { servers, unique } from '../../tests/servers.ts';
import type { LedgerEntry } from '../contracts/economy.ts';
import { Ledger, Wallet } from '../contracts/economy.ts';
import { internalRoutes } from '../contracts/internal.ts';
import type { EconomyEvent, MatchEvent } from '../contracts/events.ts';
import type { PlayerId } from '../contracts/ids.ts';
import { kafkaEnv, readConfig } from '../platform/config.ts';
import { ApiError } from '../platform/errors.ts';
import { createApp } from '../platform/http/app.ts';
import { ServiceClient } from '../platform/http/client.ts';
import { callerFromGateway, identityHeaders } from '../platform/http/identity.ts';
import { implement } from '../platform/http/route.ts';
import { createHttpServer, listen } from '../platform/http/server.ts';
import { kafkaClient } from '../platform/kafka/client.ts';
import { openProducer, type Producer } from '../platform/kafka/producer.ts';
import { ProcessLifecycle } from '../platform/lifecycle.ts';
import { Secret } from '../platform/secret.ts';
import {
  aMatch,
  anAction,
  aPlayer,
  aTrade,
  createWalletDatabase,
  rejected,
  reward,
  type WalletDatabase,
} from './test-wallet.ts';

/** Real: PostgreSQL, Kafka, and wallet as a process of its own. Game is a written double that answers as it does. */
const lifecycle = new ProcessLifecycle();
let db: WalletDatabase;
let folder: OwnFolder;
let wallet: ManagedProcess;
let url: string;
let client: ServiceClient;
let producer: Producer;
let gameIsAway = true;
const asked: string[] = [];

const until = async (what: string, holds: () => boolean | Promise<boolean>) => {
  for (const deadline = Date.now() + 30_000; !(await holds());) {
    if (Date.now() > deadline) throw new Error(`never: ${what}`);
    await sleep(50);
  }
};
const publish = (topic: 'economy-events' | 'match-events', key: string, event: EconomyEvent | MatchEvent) =>
  producer.send([{ topic, key, value: JSON.stringify(event) }]);

/** Records what is asked about as expired, and tells it as an event. */
const game = implement(internalRoutes.expireActions, async ({ body }) => {
  asked.push(...body.actions.map(({ actionId }) => actionId));
  if (gameIsAway) throw new ApiError('UNAVAILABLE', 'away');
  for (const action of body.actions) await publish('match-events', action.matchId, rejected(action));
  return undefined;
});

beforeAll(async () => {
  db = await createWalletDatabase();
  folder = await ownFolder('wallet');
  const kafka = kafkaClient(readConfig(kafkaEnv, { KAFKA_BROKERS: servers().kafka }), unique('test'));
  producer = openProducer(kafka, lifecycle);
  const [port, managementPort, gamePort] = [await freePort(), await freePort(), await freePort()];
  await listen(createHttpServer(createApp({ routes: [game], authenticate: callerFromGateway })), gamePort, lifecycle);
  url = `http://127.0.0.1:${port}`;
  client = new ServiceClient('wallet', [url], 5000);
  const { logs, run } = foldersOf(folder.path);
  wallet = new ManagedProcess({
    name: 'wallet',
    command: process.execPath,
    args: ['--disable-warning=ExperimentalWarning', join(import.meta.dirname, 'main.ts')],
    env: {
      PATH: process.env.PATH,
      ...Object.fromEntries(
        Object.entries(db.env('wallet')).map(([name, value]) => [
          name,
          String(value instanceof Secret ? value.current : value),
        ]),
      ),
      HTTP_PORT: String(port),
      MANAGEMENT_PORT: String(managementPort),
      KAFKA_BROKERS: servers().kafka,
      GAME_URLS: `http://127.0.0.1:${gamePort}`,
      STAMP_RESERVATION_SECONDS: '2',
    },
    logFile: join(logs, 'wallet.log'),
    pidFile: join(run, 'wallet.pid'),
    ready: async () => (await fetch(`http://127.0.0.1:${managementPort}/readyz`)).ok,
    readyWithinMs: 60_000,
    stopSignal: 'SIGTERM',
    stopWithinMs: 28_000,
  });
  await wallet.start();
}, 120_000);
afterAll(async () => {
  await wallet.stop();
  await lifecycle.stop();
  expect(await db.audit()).toEqual([]);
  await db.drop();
  folder.remove();
});

const get = (path: string, playerId?: PlayerId) =>
  fetch(url + path, playerId === undefined ? {} : { headers: { [identityHeaders.playerId]: playerId } });
const walletOf = (playerId: PlayerId) => client.ask(internalRoutes.walletOf, { params: { playerId } });

test('a player sees its wallet and its own lines of the ledger, by page and type', async () => {
  const player = aPlayer();
  const empty = Wallet.parse(await (await get('/wallet', player)).json());
  expect(empty).toMatchObject({ playerId: player, balance: 0, heldAmount: 0, stampBalance: 0 });
  for (const currency of [100, 200, 300]) await db.give([player], { currency, stamps: 1 });
  const trade = aTrade(player, aPlayer(), 250);
  await publish('economy-events', trade.tradeId, trade.command('ReserveFunds'));
  await until('the hold', async () => (await walletOf(player)).heldAmount === 250);
  await publish('economy-events', trade.tradeId, trade.command('TransferFunds'));
  await until('the transfer', async () => (await walletOf(player)).balance === 350);
  expect((await db.replies(trade.tradeId)).map(({ type }) => type)).toEqual(['FundsReserved', 'FundsTransferred']);

  const lines = async (query: string) =>
    Ledger.parse(await (await get(`/wallet/transactions?${query}`, player)).json());
  const amounts = (items: LedgerEntry[]) => items.map(({ asset, amount }) => [asset, amount]);
  const newest = await lines('limit=3');
  expect([newest.total, newest.page, amounts(newest.items)]).toEqual([
    7,
    1,
    [
      ['CURRENCY', -250],
      ['STAMP', 1],
      ['CURRENCY', 300],
    ],
  ]);
  expect(newest.items[0]).toMatchObject({ type: 'PURCHASE', balanceAfter: 350, reference: trade.tradeId });
  const last = await lines('type=REWARD&limit=2&page=3');
  expect([last.total, amounts(last.items)]).toEqual([
    6,
    [
      ['STAMP', 1],
      ['CURRENCY', 100],
    ],
  ]);
  expect(await lines('type=FEE')).toEqual({ items: [], total: 0, page: 1 });
  expect((await get('/wallet')).status).toBe(401);
  expect((await get('/wallet/transactions?limit=101', player)).status).toBe(400);
});

test('a reward that is redelivered by Kafka is booked once', async () => {
  const player = aPlayer();
  const one = reward(player, { currency: 500 });
  for (let copies = 0; copies < 3; copies++) await publish('economy-events', player, one);
  await publish('economy-events', player, reward(player, { currency: 1 }));
  await until('the last', async () => (await walletOf(player)).balance >= 501);
  expect(await walletOf(player)).toMatchObject({ balance: 501 });
});

test('wallet dies between a reservation and its outcome: the stamp is kept until game says that the action is expired', async () => {
  const player = aPlayer();
  await db.give([player], { stamps: 1 });
  const action = { playerId: player, actionId: anAction(), matchId: aMatch() };
  expect(await client.ask(internalRoutes.reserveStamp, { body: action })).toEqual({ stampBalance: 0 });
  await wallet.kill();
  await wallet.start();
  expect(await client.ask(internalRoutes.reserveStamp, { body: action })).toEqual({ stampBalance: 0 });
  const other = client.ask(internalRoutes.reserveStamp, { body: { ...action, actionId: anAction() } });
  await expect(other).rejects.toMatchObject({ code: 'INSUFFICIENT_STAMPS', status: 402 });
  await until('game is asked', () => asked.filter((actionId) => actionId === action.actionId).length >= 2);
  expect(await walletOf(player)).toMatchObject({ stampBalance: 0 });
  gameIsAway = false;
  await until('the stamp is back', async () => (await walletOf(player)).stampBalance === 1);
  expect((await db.lines(player)).map(([type]) => type)).toEqual(['REWARD']);
  const late = await client.ask(internalRoutes.reserveStamp, { body: action });
  expect(late).toEqual({ stampBalance: 0 });
  expect(await walletOf(player)).toMatchObject({ stampBalance: 1 });
});
