import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { seeded } from '../../tests/platform/random.ts';
import { anItem, aPlayer, command } from './fixtures.ts';
import type { Command } from './lock.ts';
import { aRival, openInventory, type TestInventory } from './test-inventory.ts';

/** Real: PostgreSQL. Many trades at once, over three replicas. */
let inventory: TestInventory;
beforeAll(async () => {
  inventory = await openInventory();
});
afterAll(() => inventory.close());

/** What must hold of all items at any time; the money check asks the same of a running platform. */
const violations = () =>
  inventory.database.query({
    text: `select i.id, 'history' as what from items i
           where (select array_agg(number order by number) from item_history h where h.item_id = i.id)
             is distinct from (select array_agg(n) from generate_series(1, i.owners) as n)
           union all
           select i.id, 'owner' from items i
           where i.owner_id <> (select h.owner_id from item_history h where h.item_id = i.id order by number desc limit 1)
           union all
           select coalesce(i.id, l.item_id), 'lock' from items i
           full join (select * from item_locks where state = 'LOCKED') l on l.item_id = i.id
           where l.trade_id is distinct from i.locked_by
           union all
           select h.item_id, 'moved without its lock' from item_history h
           left join item_locks l on l.trade_id = h.reference and l.item_id = h.item_id and l.state = 'TRANSFERRED'
           where h.cause = 'TRADE' and l.trade_id is null
           union all
           select l.item_id, 'not moved' from item_locks l
           where l.state = 'TRANSFERRED' and (select count(*) from item_history h where h.reference = l.trade_id) <> 1`,
  });

test('of six trades for one item at once, over three replicas, one gets the lock and moves it', async () => {
  const owned = await Promise.all(Array.from({ length: 12 }, inventory.aTradeOfOwned));
  const rivals = owned.map((trade) => [trade, ...Array.from({ length: 5 }, () => aRival(trade))]);
  const share = (replica: number, type: Command['type']) =>
    rivals.flatMap((trades) => trades.filter((_, index) => index % 3 === replica)).map((trade) => command(type, trade));
  for (const type of ['LockItem', 'TransferItem'] as const) {
    // In different orders: whoever locked rows as they come would deadlock.
    await Promise.all([
      inventory.handle(0, ...share(0, type)),
      inventory.handle(1, ...share(1, type).reverse()),
      inventory.handle(2, ...share(2, type).sort((a, b) => (a.eventId < b.eventId ? -1 : 1))),
    ]);
  }
  for (const trades of rivals) {
    const answers = await Promise.all(trades.map(inventory.told));
    const winners = trades.filter((_, index) => answers[index]?.includes('ItemLocked'));
    expect(winners).toHaveLength(1);
    expect(answers.toSorted((a, b) => String(a).localeCompare(String(b)))).toEqual(
      [
        ['ItemLocked', 'ItemTransferred'],
        ...Array.from({ length: 5 }, () => ['ItemLockFailed', 'ItemUnlocked']),
      ].toSorted((a, b) => String(a).localeCompare(String(b))),
    );
    const [winner] = winners;
    expect(await inventory.itemRow(winner?.itemId ?? anItem())).toEqual({
      owner_id: winner?.buyerId,
      owners: 2,
      locked_by: null,
    });
  }
});
test('commands doubled, late, reordered and spread over replicas: one owner, a history without a gap, one end of each trade', async () => {
  const random = seeded('trades of few items');
  let transferred = 0;
  // In few of such trades the commands come in an order that lets it happen: at times in none of one round.
  for (let round = 0; round < 3; round++) {
    const owned = await Promise.all(Array.from({ length: 8 }, () => inventory.aTradeOfOwned()));
    const trades = owned.flatMap((trade) => [trade, ...Array.from({ length: 5 }, () => aRival(trade))]);
    // Some are of who may have the item by then.
    for (const trade of trades) if (random.chance(0.3)) trade.sellerId = random.pick(trades)?.buyerId ?? aPlayer();
    const sent = trades.flatMap((trade) =>
      (['LockItem', 'TransferItem', 'UnlockItem'] as const).flatMap((type) => {
        const first = command(type, trade);
        return [first, first, command(type, trade)].slice(0, 1 + random.below(3));
      }),
    );
    const shares = ([0, 1, 2] as const).map((replica) => ({ replica, commands: [] as Command[] }));
    while (sent.length > 0) random.pick(shares)?.commands.push(...sent.splice(random.below(sent.length), 1));
    await Promise.all(
      shares.map(async ({ replica, commands }) => {
        while (commands.length > 0) {
          const batch = commands.splice(0, 1 + random.below(20));
          await inventory.handle(replica, ...batch);
          if (random.chance(0.25)) await inventory.handle(replica, ...batch);
        }
      }),
    );
    expect(await violations()).toEqual([]);
    const ends = await Promise.all(trades.map(async (trade) => new Set(await inventory.told(trade))));
    for (const said of ends) {
      expect(said.has('ItemTransferred') && (said.has('ItemUnlocked') || said.has('ItemLockFailed'))).toBe(false);
    }
    transferred += ends.filter((said) => said.has('ItemTransferred')).length;
  }
  expect(transferred).toBeGreaterThan(0);
  expect(await inventory.database.query({ text: 'select id from items where locked_by is not null' })).toEqual([]);
});
