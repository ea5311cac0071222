import { expect, test } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { systemAccounts, type Asset } from '../contracts/economy.ts';
import { ActionId, CorrelationId, EventId, ItemId, ListingId, MatchId, PlayerId, TradeId } from '../contracts/ids.ts';
import { Books, reservationKey, rewardKey, type Reservation } from './books.ts';
import type { FundsCommand, Hold } from './holds.ts';
import type { Account, Line } from './ledger.ts';

const ids = <T>(schema: { parse(value: unknown): T }, count: number) =>
  Array.from({ length: count }, () => schema.parse(randomUUID()));
const players = ids(PlayerId, 4);
const matches = ids(MatchId, 3);
const trades = ids(TradeId, 6);
const actions = ids(ActionId, 4);
const keys = ids(EventId, 4);
const accountIds = [...players, systemAccounts.house];

type Command =
  | { do: 'reward'; player: number; match: number; currency: number; stamps: number }
  | { do: 'funds'; trade: number; type: FundsCommand['type'] }
  | { do: 'reserve'; player: number; action: number }
  | { do: 'settle'; player: number; action: number }
  | { do: 'transfer'; player: number; key: number; amount: number };

const index = (length: number) => fc.nat(length - 1);
const command: fc.Arbitrary<Command> = fc.oneof(
  fc.record({
    do: fc.constant('reward' as const),
    player: index(4),
    match: index(3),
    currency: fc.nat(500),
    stamps: fc.nat(2),
  }),
  fc.record({
    do: fc.constant('funds' as const),
    trade: index(6),
    type: fc.constantFrom('ReserveFunds', 'TransferFunds', 'ReleaseFunds', 'TradeCompleted'),
  }),
  fc.record({ do: fc.constant('reserve' as const), player: index(4), action: index(4) }),
  fc.record({ do: fc.constant('settle' as const), player: index(4), action: index(4) }),
);
const transfer: fc.Arbitrary<Command> = fc.record({
  do: fc.constant('transfer' as const),
  player: index(4),
  key: index(4),
  amount: fc.integer({ min: 1, max: 300 }),
});
/** Events come in batches; a transfer is asked for by itself. */
const transaction = fc.oneof(
  { weight: 4, arbitrary: fc.array(command, { minLength: 1, maxLength: 4 }) },
  { weight: 1, arbitrary: fc.tuple(transfer) },
);

const at = <T>(list: readonly T[], place: number): T => {
  const found = list[place % list.length];
  if (found === undefined) throw new Error('empty');
  return found;
};

/** The terms of a trade never change: they follow from its number. Every third is sold by the house. */
const fundsCommand = (number: number, type: FundsCommand['type']): FundsCommand => {
  const [buyerId, sellerId] = [at(players, number), number % 3 === 2 ? systemAccounts.house : at(players, number + 1)];
  const [tradeId, price, fee] = [at(trades, number), 40 + number * 60, number * 3];
  const head = {
    ...{ eventId: at(keys, 0), correlationId: CorrelationId.parse(at(keys, 0)), causationId: null },
    ...{ version: 1, timestamp: new Date(0).toISOString() },
  };
  if (type !== 'TradeCompleted') return { ...head, type, payload: { tradeId, buyerId, sellerId, amount: price } };
  const [listingId, itemId] = [ListingId.parse(tradeId), ItemId.parse(tradeId)];
  const names = { buyerName: 'buyer', sellerName: 'seller', item: 'iron_sword' } as const;
  return { ...head, type, payload: { tradeId, listingId, itemId, buyerId, sellerId, price, fee, ...names } };
};
/** The outcome of an action never changes either. */
const isSealed = (player: number, action: number): boolean => (player + action) % 2 === 0;

/** wallet_db as it would be: it takes the changes of a transaction as a whole, or not at all. */
class Bank {
  accounts = new Map(accountIds.map((playerId): [string, Account] => [playerId, { playerId, ...empty }]));
  lines: Line[] = [];
  holds = new Map<string, Hold>();
  reservations = new Map<string, Reservation>();

  /**
   * Several commands in one transaction; whether they changed anything. A command that is refused as impossible takes
   * the others with it.
   */
  transact(commands: Command[]): boolean {
    const rewarded = this.lines.filter(({ type }) => type === 'REWARD');
    const books = new Books({
      accounts: [...this.accounts.values()],
      holds: [...this.holds.values()],
      reservations: [...this.reservations.values()],
      rewarded: new Set(
        rewarded.map(({ playerId, reference }) => rewardKey({ playerId, matchId: MatchId.parse(reference) })),
      ),
    });
    try {
      for (const each of commands) this.carryOut(books, each);
    } catch {
      return false;
    }
    const { accounts, lines, holds, reservations } = books.changes;
    for (const account of accounts) this.accounts.set(account.playerId, account);
    this.lines.push(...lines);
    for (const hold of holds) this.holds.set(hold.tradeId, hold);
    for (const one of reservations) this.reservations.set(reservationKey(one), one);
    return accounts.length + holds.length > 0;
  }

  private carryOut(books: Books, asked: Command): void {
    switch (asked.do) {
      case 'reward':
        books.reward({ ...asked, playerId: at(players, asked.player), matchId: at(matches, asked.match) });
        break;
      case 'funds':
        books.funds(fundsCommand(asked.trade, asked.type));
        break;
      case 'reserve':
        books.reserveStamp({ ...this.action(asked), matchId: at(matches, 0) });
        break;
      case 'settle': {
        const action = this.action(asked);
        const reserved = this.reservations.has(reservationKey(action));
        books.settleStamp(action, reserved && isSealed(asked.player, asked.action));
        break;
      }
      case 'transfer': {
        const [from, to, key] = [at(players, asked.player), at(players, asked.player + 1), at(keys, asked.key)];
        // As `Payments`, which looks for the key first.
        const known = this.lines.some(
          ({ type, reference, playerId }) => type === 'TRANSFER' && reference === key && [from, to].includes(playerId),
        );
        if (!known) books.transfer(from, to, asked.amount, key);
      }
    }
  }

  private action({ player, action }: { player: number; action: number }) {
    return { playerId: at(players, player), actionId: at(actions, action) };
  }
}
const empty = { balance: 0, held: 0, stamps: 0, stampsHeld: 0, version: 0 };

const sum = (numbers: number[]): number => numbers.reduce((total, one) => total + one, 0);

const check = ({ accounts, lines, holds, reservations }: Bank): void => {
  for (const asset of ['CURRENCY', 'STAMP'] satisfies Asset[]) {
    expect(sum(lines.filter((line) => line.asset === asset).map(({ amount }) => amount))).toBe(0);
  }
  for (const account of accounts.values()) {
    const { playerId } = account;
    const own = (asset: Asset) => lines.filter((line) => line.playerId === playerId && line.asset === asset);
    expect(account.balance).toBe(sum(own('CURRENCY').map(({ amount }) => amount)));
    expect(account.stamps).toBe(sum(own('STAMP').map(({ amount }) => amount)));
    expect(own('CURRENCY').at(-1)?.balanceAfter ?? 0).toBe(account.balance);
    const held = [...holds.values()].filter(
      ({ state, buyerId, sellerId }) =>
        (state === 'RESERVED' && buyerId === playerId) || (state === 'TRANSFERRED' && sellerId === playerId),
    );
    expect(account.held).toBe(sum(held.map(({ amount }) => amount)));
    const kept = [...reservations.values()].filter((one) => one.playerId === playerId && one.state === 'RESERVED');
    expect(account.stampsHeld).toBe(kept.length);
    expect(account.held >= 0 && account.held <= account.balance).toBe(true);
    expect(account.stampsHeld >= 0 && account.stampsHeld <= account.stamps).toBe(true);
  }
  const booked = lines
    .filter(({ playerId }) => playerId !== systemAccounts.game)
    .map(({ playerId, type, asset, reference }) => [playerId, type, asset, reference].join());
  expect(new Set(booked).size).toBe(booked.length);
};

test('whatever is asked, in whatever order and in whatever transactions, money and stamps stay whole', () => {
  fc.assert(
    fc.property(fc.array(transaction, { maxLength: 60 }), (transactions) => {
      const bank = new Bank();
      for (const commands of transactions) bank.transact(commands);
      check(bank);
    }),
    { numRuns: 400 },
  );
});

test('a command that had its effect has no second one, however often it comes again and however late', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.oneof(command, transfer), fc.array(fc.nat())), { maxLength: 80 }), (asked) => {
      const [once, often] = [new Bank(), new Bank()];
      const done: Command[] = [];
      for (const [one, again] of asked) {
        once.transact([one]);
        if (often.transact([one])) done.push(one);
        for (const place of again) if (done.length > 0) often.transact([at(done, place)]);
      }
      expect(often).toEqual(once);
      check(often);
    }),
    { numRuns: 300 },
  );
});
