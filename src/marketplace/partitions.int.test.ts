import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { detachPartitions, makePartitions } from './partitions.ts';
import { TestMarket, type Replica } from './test-market.ts';

/** Real: PostgreSQL. */
let market: TestMarket;
let one: Replica;
beforeAll(async () => {
  market = await TestMarket.open();
  one = await market.replica();
});
afterAll(() => market.close());

const partitions = async (of: string) => {
  const rows = await market.owner.query<{ name: string }>(
    { text: 'select inhrelid::regclass::text as name from pg_inherits where inhparent = $1::regclass order by 1' },
    [of],
  );
  return rows.map(({ name }) => name);
};
/** The names of the partitions of this month and so many after it. */
const months = (of: string, ahead: number) => {
  const now = new Date();
  return Array.from({ length: ahead + 1 }, (_, n) => {
    const month = new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + n));
    return `${of}_${month.toISOString().slice(0, 7).replace('-', '_')}`;
  });
};

test.each(['trades', 'saga_log'])(
  '%s has room for this month and three more, made again where it is missing',
  async (table) => {
    expect(await partitions(table)).toEqual(months(table, 3));
    const last = months(table, 3).at(-1) ?? '';
    await market.owner.query({ text: `drop table ${last}` });
    expect(await partitions(table)).toEqual(months(table, 2));
    // As the service, which may not create tables itself, several at once.
    await Promise.all([makePartitions(one.database), makePartitions(one.database)]);
    expect(await partitions(table)).toEqual(months(table, 3));
    await expect(one.database.query({ text: 'create table mine (id int)' })).rejects.toThrow('permission denied');
  },
);

test('a trade is found through its key in its partition alone, and its id and key are unique over all of them', async () => {
  const { listing } = await market.listed(one);
  const order = market.order(listing.listingId);
  const { tradeId } = await one.market.request(order);
  const plan = await market.owner.query<{ 'QUERY PLAN': string }>(
    {
      text: `explain (analyze, costs off, timing off, summary off) select * from trades t
             where t.id = $1 and t.created_at = (select created_at from trade_keys where trade_id = $1)`,
    },
    [tradeId],
  );
  const text = plan.map((line) => line['QUERY PLAN']).join('\n');
  expect(text).toContain(`on ${months('trades', 0)[0] ?? ''}`);
  for (const other of months('trades', 3).slice(1))
    expect(text).not.toMatch(new RegExp(`on ${other}(?!.*never executed)`));
  const again = (id: string, key: string) =>
    one.database.query(
      {
        text: `insert into trade_keys (trade_id, buyer_id, idempotency_key, listing_id, created_at)
               values ($1, $2, $3, $4, now() + interval '40 days')`,
      },
      [id, order.caller.playerId, key, listing.listingId],
    );
  await expect(again(tradeId, randomUUID())).rejects.toThrow('duplicate key');
  await expect(again(randomUUID(), order.idempotencyKey)).rejects.toThrow('duplicate key');
});

test('months that are not kept leave, unless a trade of theirs is under way; their ids and keys stay taken', async () => {
  const now = new Date();
  const old = (before: number) => {
    const month = new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() - before));
    return { name: month.toISOString().slice(0, 7).replace('-', '_'), from: month };
  };
  for (const parent of ['trades', 'saga_log']) {
    for (const before of [1, 2, 3]) {
      const { name, from } = old(before);
      const to = old(before - 1).from;
      await market.owner.query({
        text: `create table ${parent}_${name} partition of ${parent}
               for values from ('${from.toISOString()}') to ('${to.toISOString()}')`,
      });
    }
  }
  const orders = [];
  for (const before of [2, 3]) {
    const order = market.order((await market.listed(one)).listing.listingId);
    const { tradeId } = await one.market.request(order);
    await market.owner.query(
      {
        text: `with k as (update trade_keys set created_at = $2 where trade_id = $1)
               update trades set created_at = $2, saga_state = $3, due_at = null where id = $1`,
      },
      [tradeId, old(before).from, before === 2 ? 'COMPLETED' : 'FAILED'],
    );
    orders.push({ order, tradeId });
  }
  const [second, third] = orders;
  if (!second || !third) throw new Error('no trades');
  const revive = (state: string) =>
    market.owner.query(
      {
        text: `update trades set saga_state = $2::text, due_at = case when $2::text = 'FAILED' then null else now() end
               where id = $1`,
      },
      [third.tradeId, state],
    );
  await revive('COMPENSATING_FULL');
  const kept = async () => (await partitions('trades')).filter((name) => name < (months('trades', 0)[0] ?? ''));
  const named = (...before: number[]) => before.map((n) => `trades_${old(n).name}`).sort();

  await detachPartitions(one.database, 0);
  expect(await kept()).toEqual(named(1, 2, 3));
  await Promise.all([detachPartitions(one.database, 1), detachPartitions(one.database, 1)]);
  expect(await kept()).toEqual(named(1, 3));
  await revive('FAILED');
  await detachPartitions(one.database, 1);
  expect(await kept()).toEqual(named(1));
  expect(await partitions('saga_log')).toEqual([`saga_log_${old(1).name}`, ...months('saga_log', 3)].sort());

  // What left is there, for its owner; to players it is gone, and its key still begins nothing new.
  const { name } = old(2);
  const left = await market.owner.query({
    text: `select id from trades_${name} union all select trade_id from saga_log_${name}`,
  });
  expect(left).toHaveLength(1);
  await expect(one.trades.view(second.tradeId, second.order.caller.playerId)).rejects.toThrow('no trade with this id');
  expect((await one.market.request(second.order)).tradeId).toBe(second.tradeId);
});

test('a month is not taken out while it would have to wait, and others behind it', async () => {
  const before = new Date();
  before.setUTCFullYear(before.getUTCFullYear() - 1, 0, 1);
  const name = `${before.getUTCFullYear()}_01`;
  for (const parent of ['trades', 'saga_log']) {
    const [from, to] = [`${before.getUTCFullYear()}-01-01Z`, `${before.getUTCFullYear()}-02-01Z`];
    await market.owner.query({
      text: `create table ${parent}_${name} partition of ${parent} for values from ('${from}') to ('${to}')`,
    });
  }
  const done = Promise.withResolvers<undefined>();
  const busy = Promise.withResolvers<undefined>();
  const trading = one.database.transaction(async (transaction) => {
    await transaction.query({ text: 'lock table trades in row exclusive mode' });
    busy.resolve(undefined);
    await done.promise;
  });
  await busy.promise;
  await expect(detachPartitions(one.database, 1)).rejects.toThrow('lock timeout');
  done.resolve(undefined);
  await trading;
  await detachPartitions(one.database, 1);
  expect(await partitions('trades')).not.toContain(`trades_${name}`);
});
