import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { systemAccounts } from '../contracts/economy.ts';
import { EventId, type PlayerId } from '../contracts/ids.ts';
import type { EconomyEvent } from '../contracts/events.ts';
import type { Bookkeeper } from './bookkeeper.ts';
import type { FundsCommand } from './holds.ts';
import { aPlayer, aTrade, createWalletDatabase, delivered, reward, type WalletDatabase } from './test-wallet.ts';

/** Real: PostgreSQL. Three replicas of wallet, each with connections of its own. */
let db: WalletDatabase;
let replicas: [Bookkeeper, Bookkeeper, Bookkeeper];
let buyer: PlayerId;
let seller: PlayerId;
beforeAll(async () => {
  db = await createWalletDatabase();
  replicas = [await db.replica(), await db.replica(), await db.replica()];
});
beforeEach(async () => {
  [buyer, seller] = [aPlayer(), aPlayer()];
  await db.give([buyer, seller], { currency: 1000 });
});
afterEach(async () => {
  expect(await db.audit()).toEqual([]);
  expect(await db.deadlocks()).toBe(0);
});
afterAll(() => db.drop());

const say = (event: EconomyEvent, replica = replicas[0]) => replica.handle([delivered(event)]);
const again = <E extends EconomyEvent>(event: E): E => ({ ...event, eventId: EventId.parse(randomUUID()) });
const types = async (trade: ReturnType<typeof aTrade>) => (await db.replies(trade.tradeId)).map(({ type }) => type);
const money = async (playerId: PlayerId) => {
  const { balance, held } = await db.wallet(playerId);
  return [balance, held];
};

test('a reward is given once: delivered again, told again as another event, and in hand of all replicas at once', async () => {
  const player = aPlayer();
  const one = reward(player, { currency: 500, stamps: 3 });
  const copies = () => [one, again(one), again(one)].map(delivered);
  await Promise.all(replicas.map((replica) => replica.handle(copies())));
  await say(one);
  await say(again(one));
  expect(await db.wallet(player)).toEqual({ balance: 500, held: 0, stamps: 3, stampsHeld: 0 });
  expect(await db.lines(player)).toEqual([
    ['REWARD', 500],
    ['REWARD', 3],
  ]);
});

test('a reward of nothing is no line of the ledger', async () => {
  const player = aPlayer();
  await say(reward(player, {}));
  expect(await db.lines(player)).toEqual([]);
});

test('a trade: the money is held, then the seller’s but held, then free, and the house has its fee', async () => {
  const trade = aTrade(buyer, seller, 400, 20);
  const before = await db.wallet(systemAccounts.house).catch(() => ({ balance: 0 }));
  await say(trade.command('ReserveFunds'));
  expect([await money(buyer), await money(seller)]).toEqual([
    [1000, 400],
    [1000, 0],
  ]);
  await say(trade.command('TransferFunds'));
  expect([await money(buyer), await money(seller)]).toEqual([
    [600, 0],
    [1400, 400],
  ]);
  await say(trade.command('TradeCompleted'));
  expect([await money(buyer), await money(seller)]).toEqual([
    [600, 0],
    [1380, 0],
  ]);
  expect(await db.wallet(systemAccounts.house)).toMatchObject({ balance: before.balance + 20, held: 0 });
  expect(await types(trade)).toEqual(['FundsReserved', 'FundsTransferred']);
  expect((await db.lines(buyer)).slice(1)).toEqual([['PURCHASE', -400]]);
  expect((await db.lines(seller)).slice(1)).toEqual([
    ['SALE', 400],
    ['FEE', -20],
  ]);
});

test('what the house sells is all its own', async () => {
  const { house } = systemAccounts;
  const trade = aTrade(buyer, house, 400, 20);
  await say(trade.command('ReserveFunds'));
  await say(trade.command('TransferFunds'));
  await say(trade.command('TradeCompleted'));
  expect((await db.lines(house)).at(-1)).toEqual(['SALE', 400]);
});

test('what is held can not be spent again, and the refusal stays when there is money later', async () => {
  const [first, second] = [aTrade(buyer, seller, 600), aTrade(buyer, seller, 600)];
  await say(first.command('ReserveFunds'));
  await say(second.command('ReserveFunds'));
  await db.give([buyer], { currency: 5000 });
  await say(second.command('ReserveFunds'));
  await say(second.command('TransferFunds'));
  expect(await types(second)).toEqual(Array(3).fill('FundsReservationFailed'));
  expect(await money(buyer)).toEqual([6000, 600]);
});

test('a transfer that is compensated goes back to the buyer', async () => {
  const trade = aTrade(buyer, seller, 400);
  await say(trade.command('ReserveFunds'));
  await say(trade.command('TransferFunds'));
  await say(trade.command('ReleaseFunds'));
  expect([await money(buyer), await money(seller)]).toEqual([
    [1000, 0],
    [1000, 0],
  ]);
  expect((await db.lines(buyer)).slice(1)).toEqual([
    ['PURCHASE', -400],
    ['REFUND', 400],
  ]);
});

test('a release that overtakes its reservation leaves a tombstone: what comes late is refused', async () => {
  const trade = aTrade(buyer, seller, 400);
  await say(trade.command('ReleaseFunds'));
  await say(trade.command('ReserveFunds'), replicas[1]);
  await say(trade.command('TransferFunds'), replicas[2]);
  expect(await types(trade)).toEqual(['FundsReleased', 'FundsReservationFailed', 'FundsReleased']);
  expect(await money(buyer)).toEqual([1000, 0]);
});

test('a repeated command is answered by the same event as at first; a redelivered one is not answered again', async () => {
  const trade = aTrade(buyer, seller, 400);
  const command = trade.command('ReserveFunds');
  await say(command);
  await Promise.all(replicas.map((replica) => say(command, replica)));
  await say(again(command), replicas[1]);
  const replies = await db.replies(trade.tradeId);
  expect(replies.map(({ type }) => type)).toEqual(['FundsReserved', 'FundsReserved']);
  expect(replies[0]).toMatchObject({ eventId: replies[1]?.eventId, causationId: command.eventId });
  expect(replies[0]?.correlationId).toBe(command.correlationId);
  expect(await money(buyer)).toEqual([1000, 400]);
});

test.each<[string, FundsCommand['type'][]]>([
  ['a trade that is completed without its money', ['ReserveFunds', 'TradeCompleted']],
  ['a trade that is completed after its release', ['ReserveFunds', 'ReleaseFunds', 'TradeCompleted']],
])('is an error, and leaves nothing: %s', async (_what, commands) => {
  const trade = aTrade(buyer, seller, 400);
  const [last, ...first] = commands.map((type) => trade.command(type)).reverse();
  for (const command of first.reverse()) await say(command);
  const before = await money(buyer);
  const bystander = aPlayer();
  if (!last) throw new Error('no command');
  await expect(
    replicas[0].handle([reward(bystander, { currency: 5 }), last].map((event) => delivered(event))),
  ).rejects.toThrow('completed');
  expect(await money(buyer)).toEqual(before);
  expect(await db.lines(bystander)).toEqual([]);
});

test('a command that contradicts its trade is an error', async () => {
  const trade = aTrade(buyer, seller, 400);
  await say(trade.command('ReserveFunds'));
  const other = aTrade(buyer, seller, 399).command('TransferFunds');
  if (other.type !== 'TransferFunds') throw new Error('another command');
  const payload = { ...other.payload, tradeId: trade.tradeId };
  await expect(say({ ...other, payload })).rejects.toThrow('contradicts');
});

/** A shuffle from a seed, so that a failure can be had again. */
const shuffled = <T>(items: T[], seed: number): T[] => {
  let state = seed;
  const next = () => (state = (state * 48271) % 2147483647) / 2147483647;
  return items
    .map((item) => ({ item, at: next() }))
    .sort((a, b) => a.at - b.at)
    .map(({ item }) => item);
};

test('commands of many trades between few players, doubled, late and out of order, over three replicas: money stays whole', async () => {
  const seed = 1 + Math.floor(Math.random() * 1e9);
  process.stderr.write(`seed ${seed}\n`);
  const players = Array.from({ length: 6 }, aPlayer);
  await db.give(players, { currency: 3000 });
  const trades = Array.from({ length: 60 }, (_, number) => {
    const [from, to] = [players[number % 6], players[(number * 5 + 1 + (number % 4)) % 6]];
    if (!from || !to) throw new Error('no player');
    return aTrade(from, from === to ? seller : to, 50 + number * 7, number);
  });
  const commands = trades.flatMap((trade) => {
    const [reserve, transfer, release] = (['ReserveFunds', 'TransferFunds', 'ReleaseFunds'] as const).map((type) =>
      trade.command(type),
    );
    return [reserve, transfer, release].flatMap((one) => (one ? [one, one, again(one)] : []));
  });
  const order = shuffled(commands, seed);
  await Promise.all(
    replicas.map(async (replica, index) => {
      const share = order.filter((_, at) => at % 3 === index);
      for (let at = 0; at < share.length; at += 7 + index) {
        await replica.handle(share.slice(at, at + 7 + index).map(delivered));
      }
    }),
  );
  const wallets = await Promise.all(players.map((playerId) => db.wallet(playerId)));
  expect(wallets.every(({ held }) => held === 0)).toBe(true);
  for (const trade of trades) {
    const told = await db.replies(trade.tradeId);
    // One event for each kind of reply, however often it was told.
    expect(new Set(told.map(({ eventId }) => eventId)).size).toBe(new Set(told.map(({ type }) => type)).size);
  }
});
