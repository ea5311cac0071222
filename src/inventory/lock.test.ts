import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { ItemId, TradeId } from '../contracts/ids.ts';
import { aPlayer, aTrade, command, type TradeOf } from './fixtures.ts';
import { itemAfter, lockAfter, replyTo, type Command, type Item, type LockState } from './lock.ts';

const states = [undefined, 'LOCKED', 'REFUSED', 'TRANSFERRED', 'RELEASED'] as const;
const types = ['LockItem', 'TransferItem', 'UnlockItem'] as const;
const ownedBy = ({ itemId, sellerId }: TradeOf, more: Partial<Item> = {}): Item => ({
  id: itemId,
  ownerId: sellerId,
  owners: 1,
  lockedBy: null,
  ...more,
});

test.each<[Command['type'], LockState | undefined, LockState, string]>([
  ['LockItem', undefined, 'LOCKED', 'ItemLocked'],
  ['LockItem', 'LOCKED', 'LOCKED', 'ItemLocked'],
  ['LockItem', 'TRANSFERRED', 'TRANSFERRED', 'ItemLocked'],
  ['LockItem', 'REFUSED', 'REFUSED', 'ItemLockFailed'],
  ['LockItem', 'RELEASED', 'RELEASED', 'ItemLockFailed'],
  ['TransferItem', 'LOCKED', 'TRANSFERRED', 'ItemTransferred'],
  ['TransferItem', 'TRANSFERRED', 'TRANSFERRED', 'ItemTransferred'],
  ['TransferItem', undefined, 'RELEASED', 'ItemUnlocked'],
  ['TransferItem', 'REFUSED', 'REFUSED', 'ItemUnlocked'],
  ['TransferItem', 'RELEASED', 'RELEASED', 'ItemUnlocked'],
  ['UnlockItem', 'LOCKED', 'RELEASED', 'ItemUnlocked'],
  ['UnlockItem', undefined, 'RELEASED', 'ItemUnlocked'],
  ['UnlockItem', 'RELEASED', 'RELEASED', 'ItemUnlocked'],
  ['UnlockItem', 'REFUSED', 'REFUSED', 'ItemUnlocked'],
  ['UnlockItem', 'TRANSFERRED', 'TRANSFERRED', 'ItemTransferred'],
])('%s of a trade whose lock is %s makes it %s and is answered %s', (type, before, after, reply) => {
  const trade = aTrade();
  const item = ownedBy(trade, before === 'LOCKED' ? { lockedBy: trade.tradeId } : {});
  expect(lockAfter(command(type, trade), before, item)).toBe(after);
  expect(replyTo(type, after)).toBe(reply);
});

test.each<[string, (trade: TradeOf) => Item | undefined]>([
  ['that does not exist', () => undefined],
  ['that was sold elsewhere', (trade) => ownedBy(trade, { ownerId: aPlayer(), owners: 2 })],
  ['that another trade has', (trade) => ownedBy(trade, { lockedBy: aTrade().tradeId })],
])('LockItem for an item %s is refused', (_, itemOf) => {
  const trade = aTrade();
  expect(lockAfter(command('LockItem', trade), undefined, itemOf(trade))).toBe('REFUSED');
});

test('a lock on an item that is not locked by its trade is never acted upon', () => {
  const trade = aTrade();
  for (const item of [undefined, ownedBy(trade), ownedBy(trade, { lockedBy: aTrade().tradeId })]) {
    expect(() => itemAfter(item, trade, ['LOCKED', 'TRANSFERRED'])).toThrow(trade.tradeId);
    expect(() => itemAfter(item, trade, ['LOCKED', 'RELEASED'])).toThrow(trade.tradeId);
  }
});

test('each command, whatever came before, said again changes nothing and is answered the same', () => {
  for (const before of states) {
    for (const type of types) {
      const trade = aTrade();
      const item = ownedBy(trade, before === 'LOCKED' ? { lockedBy: trade.tradeId } : {});
      const asked = command(type, trade);
      const once = lockAfter(asked, before, item);
      expect(lockAfter(asked, once, before === once ? item : itemAfter(item, trade, [before, once]))).toBe(once);
    }
  }
});

test('any commands of any trades for two items, in any order: one owner, one lock, and only the trade with the lock moves', () => {
  const owner = aPlayer();
  const first = aTrade();
  const second = aTrade();
  const trades = [first, second].flatMap(({ itemId }) =>
    Array.from({ length: 3 }, () => aTrade({ itemId, sellerId: owner })),
  );
  const step = fc.record({ trade: fc.nat(trades.length - 1), type: fc.constantFrom(...types) });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const items = new Map<ItemId, Item>(
        [first, second].map((trade) => [trade.itemId, ownedBy({ ...trade, sellerId: owner })]),
      );
      const locks = new Map<TradeId, LockState>();
      for (const { trade: index, type } of steps) {
        const trade = trades[index];
        const item = trade && items.get(trade.itemId);
        if (!trade || !item) throw new Error('no such trade');
        const before = locks.get(trade.tradeId);
        const after = lockAfter(command(type, trade), before, item);
        locks.set(trade.tradeId, after);
        const changed = before === after ? item : itemAfter(item, trade, [before, after]);
        if (changed) items.set(trade.itemId, changed);
        if (changed?.ownerId !== item.ownerId) {
          expect(item.lockedBy).toBe(trade.tradeId);
          expect(changed).toEqual({ ...item, ownerId: trade.buyerId, owners: item.owners + 1, lockedBy: null });
        }
        const holding = trades.filter((one) => one.itemId === item.id && locks.get(one.tradeId) === 'LOCKED');
        expect(holding.map(({ tradeId }) => tradeId)).toEqual(changed?.lockedBy ? [changed.lockedBy] : []);
      }
    }),
    { numRuns: 2000 },
  );
});
