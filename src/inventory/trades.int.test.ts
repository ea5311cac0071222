import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { EventId } from '../contracts/ids.ts';
import { anItem, aPlayer, aTrade, command } from './fixtures.ts';
import { openInventory, reward, type TestInventory } from './test-inventory.ts';

/** Real: PostgreSQL. What one trade asks, once, twice, late and in the wrong order. */
let inventory: TestInventory;
beforeAll(async () => {
  inventory = await openInventory();
});
afterAll(() => inventory.close());

test('the item of a reward is added once, however often and by however many replicas it is delivered', async () => {
  const playerId = aPlayer();
  const id = anItem();
  const granted = reward(playerId, id);
  await Promise.all([
    inventory.handle(0, granted, granted),
    inventory.handle(1, granted),
    inventory.handle(2, granted, reward(aPlayer(), null)),
  ]);
  await inventory.handle(1, { ...granted, eventId: EventId.parse(randomUUID()) });
  expect(await inventory.itemRow(id)).toEqual({ owner_id: playerId, owners: 1, locked_by: null });
  expect(await inventory.historyOf(id)).toEqual([
    { owner_id: playerId, from_id: null, cause: 'REWARD', reference: granted.payload.matchId },
  ]);
});

test('a reward that comes again after its item was sold does not bring the item back', async () => {
  const trade = aTrade();
  const granted = reward(trade.sellerId, trade.itemId);
  await inventory.handle(0, granted);
  await inventory.handle(0, command('LockItem', trade), command('TransferItem', trade));
  await inventory.handle(1, granted, { ...granted, eventId: EventId.parse(randomUUID()) });
  expect((await inventory.itemRow(trade.itemId))?.owner_id).toBe(trade.buyerId);
  expect(await inventory.historyOf(trade.itemId)).toHaveLength(2);
});

test('a trade locks the item, moves it to the buyer, and the history proves both owners', async () => {
  const trade = await inventory.aTradeOfOwned();
  const lock = command('LockItem', trade);
  await inventory.handle(0, lock);
  expect(await inventory.itemRow(trade.itemId)).toEqual({
    owner_id: trade.sellerId,
    owners: 1,
    locked_by: trade.tradeId,
  });
  await inventory.handle(1, command('TransferItem', trade));
  expect(await inventory.itemRow(trade.itemId)).toEqual({ owner_id: trade.buyerId, owners: 2, locked_by: null });
  expect(await inventory.historyOf(trade.itemId)).toEqual([
    { owner_id: trade.sellerId, from_id: null, cause: 'REWARD', reference: expect.any(String) },
    { owner_id: trade.buyerId, from_id: trade.sellerId, cause: 'TRADE', reference: trade.tradeId },
  ]);
  const [locked, transferred, ...more] = await inventory.replies(trade);
  expect(more).toEqual([]);
  expect(transferred).toMatchObject({ type: 'ItemTransferred', payload: { tradeId: trade.tradeId } });
  expect(locked).toMatchObject({
    type: 'ItemLocked',
    payload: { tradeId: trade.tradeId },
    causationId: lock.eventId,
    correlationId: lock.correlationId,
  });
});

test('a batch delivered again, to any replica, changes nothing and says nothing', async () => {
  const trade = await inventory.aTradeOfOwned();
  const batch = [command('LockItem', trade), command('TransferItem', trade)];
  await inventory.handle(0, ...batch);
  const before = await inventory.everything(trade);
  await Promise.all([
    inventory.handle(0, ...batch),
    inventory.handle(1, ...batch),
    inventory.handle(2, ...batch, ...batch),
  ]);
  expect(await inventory.everything(trade)).toEqual(before);
  expect(await inventory.told(trade)).toEqual(['ItemLocked', 'ItemTransferred']);
});

test('a command sent again as another event is answered by the same event again, and changes nothing', async () => {
  const trade = await inventory.aTradeOfOwned();
  await inventory.handle(0, command('LockItem', trade));
  await Promise.all([inventory.handle(0, command('LockItem', trade)), inventory.handle(1, command('LockItem', trade))]);
  await inventory.handle(2, command('TransferItem', trade));
  const before = await inventory.everything(trade);
  await Promise.all([
    inventory.handle(1, command('TransferItem', trade)),
    inventory.handle(2, command('TransferItem', trade)),
  ]);
  await inventory.handle(0, command('UnlockItem', trade), command('LockItem', trade));
  expect(await inventory.everything(trade)).toEqual(before);
  const events = await inventory.replies(trade);
  expect(events.map(({ type }) => type)).toEqual([
    ...Array<string>(3).fill('ItemLocked'),
    ...Array<string>(4).fill('ItemTransferred'),
    'ItemLocked',
  ]);
  expect(new Set(events.map(({ eventId }) => eventId)).size).toBe(2);
});

test('an unlock that overtakes its lock refuses the late one, and the item is free for another trade', async () => {
  const trade = await inventory.aTradeOfOwned();
  const other = aTrade({ itemId: trade.itemId, sellerId: trade.sellerId });
  await inventory.handle(0, command('UnlockItem', trade));
  await inventory.handle(1, command('LockItem', trade), command('TransferItem', trade), command('UnlockItem', trade));
  expect(await inventory.told(trade)).toEqual(['ItemUnlocked', 'ItemLockFailed', 'ItemUnlocked', 'ItemUnlocked']);
  expect(await inventory.itemRow(trade.itemId)).toEqual({ owner_id: trade.sellerId, owners: 1, locked_by: null });
  await inventory.handle(2, command('LockItem', other), command('TransferItem', other));
  expect(await inventory.itemRow(trade.itemId)).toEqual({ owner_id: other.buyerId, owners: 2, locked_by: null });
});

test('a transfer that comes before its lock moves nothing, then or later', async () => {
  const trade = await inventory.aTradeOfOwned();
  await inventory.handle(0, command('TransferItem', trade), command('LockItem', trade), command('TransferItem', trade));
  expect(await inventory.told(trade)).toEqual(['ItemUnlocked', 'ItemLockFailed', 'ItemUnlocked']);
  expect(await inventory.itemRow(trade.itemId)).toEqual({ owner_id: trade.sellerId, owners: 1, locked_by: null });
});

test('an item that is unlocked stays where it was, and a late transfer does not move it', async () => {
  const trade = await inventory.aTradeOfOwned();
  await inventory.handle(0, command('LockItem', trade));
  await inventory.handle(1, command('UnlockItem', trade), command('TransferItem', trade));
  expect(await inventory.told(trade)).toEqual(['ItemLocked', 'ItemUnlocked', 'ItemUnlocked']);
  expect(await inventory.itemRow(trade.itemId)).toEqual({ owner_id: trade.sellerId, owners: 1, locked_by: null });
  expect(await inventory.historyOf(trade.itemId)).toHaveLength(1);
});

test('an item that was sold elsewhere before the lock is refused, to its old owner and to a stranger', async () => {
  const sale = await inventory.aTradeOfOwned();
  await inventory.handle(0, command('LockItem', sale), command('TransferItem', sale));
  const late = aTrade({ itemId: sale.itemId, sellerId: sale.sellerId });
  const stranger = aTrade({ itemId: sale.itemId });
  const nowhere = aTrade();
  await inventory.handle(1, ...[late, stranger, nowhere].map((trade) => command('LockItem', trade)));
  for (const trade of [late, stranger, nowhere]) {
    expect(await inventory.told(trade)).toEqual(['ItemLockFailed']);
    expect(await inventory.lockOf(trade)).toBe('REFUSED');
  }
  // The answer stays, even when the seller has the item again.
  const back = aTrade({ itemId: sale.itemId, sellerId: sale.buyerId, buyerId: sale.sellerId });
  await inventory.handle(0, command('LockItem', back), command('TransferItem', back));
  await inventory.handle(2, command('LockItem', late));
  expect(await inventory.told(late)).toEqual(['ItemLockFailed', 'ItemLockFailed']);
  expect((await inventory.historyOf(sale.itemId)).map(({ owner_id }) => owner_id)).toEqual([
    sale.sellerId,
    sale.buyerId,
    sale.sellerId,
  ]);
});

test('within one batch an item goes from trade to trade', async () => {
  const first = await inventory.aTradeOfOwned();
  const second = aTrade({ itemId: first.itemId, sellerId: first.sellerId });
  const third = aTrade({ itemId: first.itemId, sellerId: second.buyerId });
  const fourth = aTrade({ itemId: first.itemId, sellerId: third.buyerId });
  await inventory.handle(0, command('LockItem', first));
  await inventory.handle(
    1,
    ...[command('UnlockItem', first), command('LockItem', second), command('TransferItem', second)],
    ...[command('LockItem', third), command('TransferItem', third), command('LockItem', fourth)],
  );
  expect(await inventory.itemRow(first.itemId)).toEqual({
    owner_id: third.buyerId,
    owners: 3,
    locked_by: fourth.tradeId,
  });
  expect((await inventory.historyOf(first.itemId)).map(({ owner_id }) => owner_id)).toEqual([
    first.sellerId,
    second.buyerId,
    third.buyerId,
  ]);
});

test('a batch that fails leaves nothing, and what is good in it has its effect when it comes again', async () => {
  const trade = await inventory.aTradeOfOwned();
  const other = await inventory.aTradeOfOwned();
  await inventory.handle(0, command('LockItem', other));
  const good = [command('LockItem', trade), reward(aPlayer(), anItem())];
  const bad = command('TransferItem', { ...other, itemId: trade.itemId });
  await expect(inventory.handle(1, ...good, bad)).rejects.toThrow(other.tradeId);
  expect(await inventory.lockOf(trade)).toBeUndefined();
  expect(await inventory.told(trade)).toEqual([]);
  await inventory.handle(1, ...good);
  expect(await inventory.lockOf(trade)).toBe('LOCKED');
});
