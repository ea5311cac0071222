import { expect, test } from '@jest/globals';
import { systemAccounts } from '../contracts/economy.ts';
import { PlayerId } from '../contracts/ids.ts';
import { integer } from './integer.ts';
import { Ledger, LedgerError, type Account } from './ledger.ts';

const ann = PlayerId.parse('00000000-0000-4000-8000-0000000000a1');
const bob = PlayerId.parse('00000000-0000-4000-8000-0000000000b1');
const reference = '00000000-0000-4000-8000-0000000000ff';
const account = (playerId: PlayerId, has: Partial<Account> = {}): Account => ({
  ...{ playerId, balance: 100, held: 0, stamps: 2, stampsHeld: 0, version: 7 },
  ...has,
});
const transfer = { from: ann, to: bob, asset: 'CURRENCY', type: 'TRANSFER', reference } as const;

test('a booking has two lines that add up to 0, each with the balance after it, by the name its side has for it', () => {
  const ledger = new Ledger([account(ann), account(bob)]);
  ledger.book({ ...transfer, amount: 30, type: 'PURCHASE', typeForReceiver: 'SALE' });
  expect(ledger.lines).toEqual([
    { playerId: ann, type: 'PURCHASE', asset: 'CURRENCY', amount: -30, balanceAfter: 70, reference },
    { playerId: bob, type: 'SALE', asset: 'CURRENCY', amount: 30, balanceAfter: 130, reference },
  ]);
  expect(ledger.changed).toEqual([account(ann, { balance: 70 }), account(bob, { balance: 130 })]);
});

test("the game's account gives and takes without a balance, and is no wallet", () => {
  const ledger = new Ledger([account(ann)]);
  const { game } = systemAccounts;
  ledger.book({ from: game, to: ann, asset: 'STAMP', amount: 3, type: 'REWARD', reference });
  ledger.book({ from: ann, to: game, asset: 'STAMP', amount: 1, type: 'STAMP_SPENT', reference });
  expect(ledger.lines.map(({ amount, balanceAfter }) => [amount, balanceAfter])).toEqual([
    [-3, null],
    [3, 5],
    [-1, 4],
    [1, null],
  ]);
  expect(ledger.changed).toEqual([account(ann, { stamps: 4 })]);
});

test('what was only read is not written', () => {
  const ledger = new Ledger([account(ann, { held: 40, stampsHeld: 1 })]);
  expect(ledger.freeFunds(ann)).toBe(60);
  expect(ledger.freeStamps(ann)).toBe(1);
  expect(ledger.changed).toEqual([]);
});

test.each<[string, (ledger: Ledger) => void]>([
  ['more than there is', (ledger) => ledger.book({ ...transfer, amount: 101 })],
  ['what is held', (ledger) => ledger.book({ ...transfer, amount: 61 })],
  ['a hold of more than there is', (ledger) => ledger.holdFunds(ann, 61)],
  ['freeing what is not held', (ledger) => ledger.holdFunds(ann, -41)],
  ['a hold of more stamps than there are', (ledger) => ledger.holdStamps(ann, 3)],
  ['freeing stamps that are not held', (ledger) => ledger.holdStamps(ann, -1)],
  ['nothing', (ledger) => ledger.book({ ...transfer, amount: 0 })],
  ['less than nothing', (ledger) => ledger.book({ ...transfer, amount: -5 })],
  ['to oneself', (ledger) => ledger.book({ ...transfer, to: ann, amount: 5 })],
  ['an account that is not locked', (ledger) => ledger.book({ ...transfer, to: systemAccounts.house, amount: 5 })],
])('is refused: %s', (_what, change) => {
  expect(() => change(new Ledger([account(ann, { held: 40 }), account(bob)]))).toThrow(LedgerError);
});

test.each([0.5, 2 ** 53, Number.NaN, '9007199254740993', 'x'])('%p is no amount', (value) => {
  expect(() => integer(value)).toThrow(RangeError);
});
test('a balance that could not be kept exactly is refused', () => {
  const rich = account(bob, { balance: Number.MAX_SAFE_INTEGER });
  expect(() => new Ledger([account(ann), rich]).book({ ...transfer, amount: 1 })).toThrow(RangeError);
});
