import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { anItem, aPlayer, aTrade, command, type TradeOf } from './fixtures.ts';
import { openInventory, type TestInventory } from './test-inventory.ts';

/** Real: PostgreSQL. Statements as inventory itself could send them, had it a defect. */
let inventory: TestInventory;
beforeAll(async () => {
  inventory = await openInventory();
});
afterAll(() => inventory.close());

test.each<[string, (trade: TradeOf) => [string, ...string[]]]>([
  [
    'an owner who is not in the history',
    ({ itemId, buyerId }) => ['update items set owner_id = $2 where id = $1', itemId, buyerId],
  ],
  [
    'an item without a history',
    ({ sellerId }) => [`insert into items (id, item_id, owner_id) values ($1, 'iron_sword', $2)`, anItem(), sellerId],
  ],
  [
    'the same item twice',
    ({ itemId, buyerId }) => [
      `insert into items (id, item_id, owner_id) values ($1, 'iron_sword', $2)`,
      itemId,
      buyerId,
    ],
  ],
  [
    'a second first owner',
    ({ itemId, buyerId }) => [
      `insert into item_history (item_id, number, owner_id, cause) values ($1, 1, $2, 'HOUSE')`,
      itemId,
      buyerId,
    ],
  ],
  [
    'a gap in the history',
    ({ itemId, buyerId, sellerId, tradeId }) => [
      `insert into item_history (item_id, number, owner_id, from_id, cause, reference) values ($1, 3, $2, $3, 'TRADE', $4)`,
      itemId,
      buyerId,
      sellerId,
      tradeId,
    ],
  ],
  [
    'a sale by who was not the owner',
    ({ itemId, buyerId, tradeId }) => [
      `insert into item_history (item_id, number, owner_id, from_id, cause, reference) values ($1, 2, $2, $3, 'TRADE', $4)`,
      itemId,
      buyerId,
      aPlayer(),
      tradeId,
    ],
  ],
  [
    'another past',
    ({ itemId, buyerId }) => ['update item_history set owner_id = $2 where item_id = $1', itemId, buyerId],
  ],
  ['no past', ({ itemId }) => ['delete from item_history where item_id = $1', itemId]],
  ['no item any more', ({ itemId }) => ['delete from items where id = $1', itemId]],
  [
    'a lock of a trade that has none',
    ({ itemId }) => ['update items set locked_by = $2 where id = $1', itemId, aTrade().tradeId],
  ],
  [
    'an item locked by a trade for another',
    ({ tradeId }) => [
      `with other as (insert into items (id, item_id, owner_id, locked_by) values ($2, 'iron_sword', $3, $1))
     insert into item_history (item_id, number, owner_id, cause) values ($2, 1, $3, 'HOUSE')`,
      tradeId,
      anItem(),
      aPlayer(),
    ],
  ],
  [
    'a second trade that has the item',
    ({ itemId }) => [
      `insert into item_locks (trade_id, item_id, state) values ($2, $1, 'LOCKED')`,
      itemId,
      aTrade().tradeId,
    ],
  ],
  [
    'the end of a lock that the item still has',
    ({ tradeId }) => [`update item_locks set state = 'RELEASED' where trade_id = $1`, tradeId],
  ],
  ['no memory of a lock', ({ tradeId }) => ['delete from item_locks where trade_id = $1', tradeId]],
])('the database refuses %s', async (_, statement) => {
  const trade = await inventory.aTradeOfOwned();
  await inventory.handle(0, command('LockItem', trade));
  const [text, ...values] = statement(trade);
  await expect(inventory.database.query({ text }, values)).rejects.toThrow(/violates|permission denied/);
});
