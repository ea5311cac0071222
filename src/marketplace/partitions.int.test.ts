import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { makePartitions } from './partitions.ts';
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
