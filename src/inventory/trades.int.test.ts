import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { randomInt, randomUUID } from 'node:crypto';
import { createDatabaseOf, type TestDatabase } from '../../tests/servers.ts';
import { EconomyEvent, type EconomyEventOf } from '../contracts/events.ts';
import { CorrelationId, EventId, MatchId, type ItemId, type PlayerId, type TradeId } from '../contracts/ids.ts';
import { openDatabase, type Database } from '../platform/database/database.ts';
import type { Delivery } from '../platform/kafka/consumer.ts';
import { ProcessLifecycle } from '../platform/lifecycle.ts';
import { anItem, aPlayer, aTrade, command, type TradeOf } from './fixtures.ts';
import { keepItems } from './handlers.ts';
import type { Command } from './lock.ts';
import { migrations } from './migrations/index.ts';

/** Real: PostgreSQL. Three replicas of inventory are three handlers, each with connections of its own. */
type Handle = ReturnType<typeof keepItems>;
const lifecycle = new ProcessLifecycle();
let db: TestDatabase;
let database: Database;
let replicas: [Handle, Handle, Handle];
const noRelay = { wake: () => undefined };
beforeAll(async () => {
  db = await createDatabaseOf('inventory', migrations);
  const open = () => openDatabase(db.as('inventory'), lifecycle, 'inventory');
  database = await open();
  replicas = [keepItems(database, noRelay), keepItems(await open(), noRelay), keepItems(await open(), noRelay)];
});
beforeEach(() => database.query({ text: 'delete from outbox' }));
afterAll(async () => {
  await lifecycle.stop();
  await db.drop();
});

const deliver = (event: EconomyEvent): Delivery<EconomyEvent> => ({
  event,
  topic: 'economy-events',
  partition: 0,
  record: { key: null, value: null, timestamp: '0', attributes: 0, offset: '0', headers: {} },
});
/** What one replica is given as one batch. */
const handle = (replica: 0 | 1 | 2, ...events: EconomyEvent[]) => replicas[replica](events.map(deliver));

const reward = (playerId: PlayerId, itemId: ItemId | null): EconomyEventOf<'RewardGranted'> => ({
  eventId: EventId.parse(randomUUID()),
  correlationId: CorrelationId.parse(randomUUID()),
  causationId: null,
  version: 1,
  timestamp: new Date().toISOString(),
  type: 'RewardGranted',
  payload: {
    matchId: MatchId.parse(randomUUID()),
    playerId,
    outcome: 'WINNER',
    currency: 500,
    stamps: 3,
    item: itemId && { id: itemId, itemId: 'iron_sword' },
  },
});
/** A trade of an item that its seller has. */
const aTradeOfOwned = async (): Promise<TradeOf> => {
  const trade = aTrade();
  await handle(0, reward(trade.sellerId, trade.itemId));
  return trade;
};

interface ItemRow {
  owner_id: PlayerId;
  owners: number;
  locked_by: TradeId | null;
}
const itemRow = async (id: ItemId) => {
  const [row] = await database.query<ItemRow>({ text: 'select owner_id, owners, locked_by from items where id = $1' }, [
    id,
  ]);
  return row;
};
const historyOf = (id: ItemId) =>
  database.query<{ owner_id: PlayerId; from_id: PlayerId | null; cause: string; reference: string | null }>(
    { text: 'select owner_id, from_id, cause, reference from item_history where item_id = $1 order by number' },
    [id],
  );
const lockOf = async ({ tradeId }: TradeOf) => {
  const [row] = await database.query<{ state: string }>({ text: 'select state from item_locks where trade_id = $1' }, [
    tradeId,
  ]);
  return row?.state;
};
const replies = async ({ tradeId }: TradeOf): Promise<EconomyEvent[]> => {
  const rows = await database.query<{ value: string; topic: string }>(
    { text: 'select topic, value from outbox where key = $1 order by id' },
    [tradeId],
  );
  expect(new Set(rows.map(({ topic }) => topic)).size).toBeLessThanOrEqual(1);
  return rows.map(({ value }) => EconomyEvent.parse(JSON.parse(value)));
};
const told = async (trade: TradeOf) => (await replies(trade)).map(({ type }) => type);
/** All that could change. */
const everything = async (trade: TradeOf) => ({
  item: await itemRow(trade.itemId),
  history: await historyOf(trade.itemId),
  lock: await lockOf(trade),
});

/** What must hold of all items at any time; the money check asks the same of a running platform. */
const violations = () =>
  database.query({
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

test('the item of a reward is added once, however often and by however many replicas it is delivered', async () => {
  const playerId = aPlayer();
  const id = anItem();
  const granted = reward(playerId, id);
  await Promise.all([handle(0, granted, granted), handle(1, granted), handle(2, granted, reward(aPlayer(), null))]);
  await handle(1, { ...granted, eventId: EventId.parse(randomUUID()) });
  expect(await itemRow(id)).toEqual({ owner_id: playerId, owners: 1, locked_by: null });
  expect(await historyOf(id)).toEqual([
    { owner_id: playerId, from_id: null, cause: 'REWARD', reference: granted.payload.matchId },
  ]);
});

test('a reward that comes again after its item was sold does not bring the item back', async () => {
  const trade = aTrade();
  const granted = reward(trade.sellerId, trade.itemId);
  await handle(0, granted);
  await handle(0, command('LockItem', trade), command('TransferItem', trade));
  await handle(1, granted, { ...granted, eventId: EventId.parse(randomUUID()) });
  expect((await itemRow(trade.itemId))?.owner_id).toBe(trade.buyerId);
  expect(await historyOf(trade.itemId)).toHaveLength(2);
});

test('a trade locks the item, moves it to the buyer, and the history proves both owners', async () => {
  const trade = await aTradeOfOwned();
  const lock = command('LockItem', trade);
  await handle(0, lock);
  expect(await itemRow(trade.itemId)).toEqual({ owner_id: trade.sellerId, owners: 1, locked_by: trade.tradeId });
  await handle(1, command('TransferItem', trade));
  expect(await itemRow(trade.itemId)).toEqual({ owner_id: trade.buyerId, owners: 2, locked_by: null });
  expect(await historyOf(trade.itemId)).toEqual([
    { owner_id: trade.sellerId, from_id: null, cause: 'REWARD', reference: expect.any(String) },
    { owner_id: trade.buyerId, from_id: trade.sellerId, cause: 'TRADE', reference: trade.tradeId },
  ]);
  const [locked, transferred, ...more] = await replies(trade);
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
  const trade = await aTradeOfOwned();
  const batch = [command('LockItem', trade), command('TransferItem', trade)];
  await handle(0, ...batch);
  const before = await everything(trade);
  await Promise.all([handle(0, ...batch), handle(1, ...batch), handle(2, ...batch, ...batch)]);
  expect(await everything(trade)).toEqual(before);
  expect(await told(trade)).toEqual(['ItemLocked', 'ItemTransferred']);
});

test('a command sent again as another event is answered by the same event again, and changes nothing', async () => {
  const trade = await aTradeOfOwned();
  await handle(0, command('LockItem', trade));
  await Promise.all([handle(0, command('LockItem', trade)), handle(1, command('LockItem', trade))]);
  await handle(2, command('TransferItem', trade));
  const before = await everything(trade);
  await Promise.all([handle(1, command('TransferItem', trade)), handle(2, command('TransferItem', trade))]);
  await handle(0, command('UnlockItem', trade), command('LockItem', trade));
  expect(await everything(trade)).toEqual(before);
  const events = await replies(trade);
  expect(events.map(({ type }) => type)).toEqual([
    ...Array<string>(3).fill('ItemLocked'),
    ...Array<string>(4).fill('ItemTransferred'),
    'ItemLocked',
  ]);
  expect(new Set(events.map(({ eventId }) => eventId)).size).toBe(2);
});

test('an unlock that overtakes its lock refuses the late one, and the item is free for another trade', async () => {
  const trade = await aTradeOfOwned();
  const other = aTrade({ itemId: trade.itemId, sellerId: trade.sellerId });
  await handle(0, command('UnlockItem', trade));
  await handle(1, command('LockItem', trade), command('TransferItem', trade), command('UnlockItem', trade));
  expect(await told(trade)).toEqual(['ItemUnlocked', 'ItemLockFailed', 'ItemUnlocked', 'ItemUnlocked']);
  expect(await itemRow(trade.itemId)).toEqual({ owner_id: trade.sellerId, owners: 1, locked_by: null });
  await handle(2, command('LockItem', other), command('TransferItem', other));
  expect(await itemRow(trade.itemId)).toEqual({ owner_id: other.buyerId, owners: 2, locked_by: null });
});

test('a transfer that comes before its lock moves nothing, then or later', async () => {
  const trade = await aTradeOfOwned();
  await handle(0, command('TransferItem', trade), command('LockItem', trade), command('TransferItem', trade));
  expect(await told(trade)).toEqual(['ItemUnlocked', 'ItemLockFailed', 'ItemUnlocked']);
  expect(await itemRow(trade.itemId)).toEqual({ owner_id: trade.sellerId, owners: 1, locked_by: null });
});

test('an item that is unlocked stays where it was, and a late transfer does not move it', async () => {
  const trade = await aTradeOfOwned();
  await handle(0, command('LockItem', trade));
  await handle(1, command('UnlockItem', trade), command('TransferItem', trade));
  expect(await told(trade)).toEqual(['ItemLocked', 'ItemUnlocked', 'ItemUnlocked']);
  expect(await itemRow(trade.itemId)).toEqual({ owner_id: trade.sellerId, owners: 1, locked_by: null });
  expect(await historyOf(trade.itemId)).toHaveLength(1);
});

test('an item that was sold elsewhere before the lock is refused, to its old owner and to a stranger', async () => {
  const sale = await aTradeOfOwned();
  await handle(0, command('LockItem', sale), command('TransferItem', sale));
  const late = aTrade({ itemId: sale.itemId, sellerId: sale.sellerId });
  const stranger = aTrade({ itemId: sale.itemId });
  const nowhere = aTrade();
  await handle(1, ...[late, stranger, nowhere].map((trade) => command('LockItem', trade)));
  for (const trade of [late, stranger, nowhere]) {
    expect(await told(trade)).toEqual(['ItemLockFailed']);
    expect(await lockOf(trade)).toBe('REFUSED');
  }
  // The answer stays, even when the seller has the item again.
  const back = aTrade({ itemId: sale.itemId, sellerId: sale.buyerId, buyerId: sale.sellerId });
  await handle(0, command('LockItem', back), command('TransferItem', back));
  await handle(2, command('LockItem', late));
  expect(await told(late)).toEqual(['ItemLockFailed', 'ItemLockFailed']);
  expect((await historyOf(sale.itemId)).map(({ owner_id }) => owner_id)).toEqual([
    sale.sellerId,
    sale.buyerId,
    sale.sellerId,
  ]);
});

test('of six trades for one item at once, over three replicas, one gets the lock and moves it', async () => {
  const owned = await Promise.all(Array.from({ length: 12 }, aTradeOfOwned));
  const rivals = owned.map((trade) => [trade, ...Array.from({ length: 5 }, () => aTrade({ ...trade, ...aRival() }))]);
  const share = (replica: number, type: Command['type']) =>
    rivals.flatMap((trades) => trades.filter((_, index) => index % 3 === replica)).map((trade) => command(type, trade));
  for (const type of ['LockItem', 'TransferItem'] as const) {
    // In different orders: whoever locked rows as they come would deadlock.
    await Promise.all([
      handle(0, ...share(0, type)),
      handle(1, ...share(1, type).reverse()),
      handle(2, ...share(2, type).sort((a, b) => (a.eventId < b.eventId ? -1 : 1))),
    ]);
  }
  for (const trades of rivals) {
    const answers = await Promise.all(trades.map(told));
    const winners = trades.filter((_, index) => answers[index]?.includes('ItemLocked'));
    expect(winners).toHaveLength(1);
    expect(answers.toSorted((a, b) => String(a).localeCompare(String(b)))).toEqual(
      [
        ['ItemLocked', 'ItemTransferred'],
        ...Array.from({ length: 5 }, () => ['ItemLockFailed', 'ItemUnlocked']),
      ].toSorted((a, b) => String(a).localeCompare(String(b))),
    );
    const [winner] = winners;
    expect(await itemRow(winner?.itemId ?? anItem())).toEqual({
      owner_id: winner?.buyerId,
      owners: 2,
      locked_by: null,
    });
  }
});
const aRival = () => {
  const { tradeId, buyerId } = aTrade();
  return { tradeId, buyerId };
};

test('within one batch an item goes from trade to trade', async () => {
  const first = await aTradeOfOwned();
  const second = aTrade({ itemId: first.itemId, sellerId: first.sellerId });
  const third = aTrade({ itemId: first.itemId, sellerId: second.buyerId });
  const fourth = aTrade({ itemId: first.itemId, sellerId: third.buyerId });
  await handle(0, command('LockItem', first));
  await handle(
    1,
    ...[command('UnlockItem', first), command('LockItem', second), command('TransferItem', second)],
    ...[command('LockItem', third), command('TransferItem', third), command('LockItem', fourth)],
  );
  expect(await itemRow(first.itemId)).toEqual({ owner_id: third.buyerId, owners: 3, locked_by: fourth.tradeId });
  expect((await historyOf(first.itemId)).map(({ owner_id }) => owner_id)).toEqual([
    first.sellerId,
    second.buyerId,
    third.buyerId,
  ]);
});

test('a batch that fails leaves nothing, and what is good in it has its effect when it comes again', async () => {
  const trade = await aTradeOfOwned();
  const other = await aTradeOfOwned();
  await handle(0, command('LockItem', other));
  const good = [command('LockItem', trade), reward(aPlayer(), anItem())];
  const bad = command('TransferItem', { ...other, itemId: trade.itemId });
  await expect(handle(1, ...good, bad)).rejects.toThrow(other.tradeId);
  expect(await lockOf(trade)).toBeUndefined();
  expect(await told(trade)).toEqual([]);
  await handle(1, ...good);
  expect(await lockOf(trade)).toBe('LOCKED');
});

test('commands doubled, late, reordered and spread over replicas: one owner, a history without a gap, one end of each trade', async () => {
  const seed = Number(process.env.SEED ?? randomInt(2 ** 31));
  const pick = numbers(seed);
  const owned = await Promise.all(Array.from({ length: 8 }, aTradeOfOwned));
  const trades = owned.flatMap((trade) => [
    trade,
    ...Array.from({ length: 5 }, () => aTrade({ ...trade, ...aRival() })),
  ]);
  // Of who may have the item by then.
  for (const trade of trades) if (pick(3) === 0) trade.sellerId = trades[pick(trades.length)]?.buyerId ?? aPlayer();
  const sent = trades.flatMap((trade) =>
    (['LockItem', 'TransferItem', 'UnlockItem'] as const).flatMap((type) => {
      const first = command(type, trade);
      return [first, first, command(type, trade)].slice(0, 1 + pick(3));
    }),
  );
  const shares = [0, 1, 2].map((): Command[] => []);
  for (const each of shuffled(sent, pick)) shares[pick(3)]?.push(each);
  await Promise.all(
    shares.map(async (share, replica) => {
      while (share.length > 0) {
        const batch = share.splice(0, 1 + pick(20)).map(deliver);
        await replicas[replica]?.(batch);
        if (pick(4) === 0) await replicas[replica]?.(batch);
      }
    }),
  );
  expect({ seed, violations: await violations() }).toEqual({ seed, violations: [] });
  let moved = 0;
  for (const trade of trades) {
    const said = new Set(await told(trade));
    if (said.has('ItemTransferred')) moved++;
    expect({
      seed,
      both: said.has('ItemTransferred') && (said.has('ItemUnlocked') || said.has('ItemLockFailed')),
    }).toEqual({ seed, both: false });
    const last = [command('UnlockItem', trade), command('LockItem', trade)];
    await handle(0, ...last);
  }
  expect(moved).toBeGreaterThan(0);
  expect(
    await database.query({ text: 'select id from items where locked_by = any ($1)' }, [
      trades.map(({ tradeId }) => tradeId),
    ]),
  ).toEqual([]);
});

/** Numbers below a limit that follow from a seed (mulberry32). */
const numbers = (seed: number) => {
  let state = seed;
  return (below: number): number => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
};
const shuffled = <T>(all: T[], pick: (below: number) => number): T[] => {
  const rest = [...all];
  return all.flatMap(() => rest.splice(pick(rest.length), 1));
};

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
  const trade = await aTradeOfOwned();
  await handle(0, command('LockItem', trade));
  const [text, ...values] = statement(trade);
  await expect(database.query({ text }, values)).rejects.toThrow(/violates|permission denied/);
});
