import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { CorrelationId, TradeId } from '../contracts/ids.ts';
import type { Database, Transaction } from '../platform/database/database.ts';
import { envelope } from '../platform/outbox/outbox.ts';
import { detachPartitions, makePartitions } from './partitions.ts';
import type { Reply } from './saga.ts';
import { aCaller, noRelay, TestMarket, type Replica } from './test-market.ts';
import { newTradeId } from './trade-id.ts';

/** Real: PostgreSQL. */
let market: TestMarket;
let one: Replica;
beforeAll(async () => {
  market = await TestMarket.open();
  one = await market.replica();
  // The template of its database may have been made in the month before.
  await makePartitions(one.database);
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

/** Its partitions from this month on. */
const current = async (of: string) => (await partitions(of)).filter((name) => name >= (months(of, 0)[0] ?? ''));

/** Gives a trade another id, and another time; its log stays. */
const renamed = async (from: TradeId, to: TradeId, began?: Date): Promise<TradeId> => {
  await market.owner.query(
    {
      text: `with k as (update trade_keys set trade_id = $2, created_at = coalesce($3, created_at) where trade_id = $1)
             update trades set id = $2, created_at = coalesce($3, created_at) where id = $1`,
    },
    [from, to, began],
  );
  return to;
};

test.each(['trades', 'saga_log'])(
  '%s has room for this month and three more, made again where it is missing',
  async (table) => {
    expect(await current(table)).toEqual(months(table, 3));
    const last = months(table, 3).at(-1) ?? '';
    await market.owner.query({ text: `drop table ${last}` });
    expect(await current(table)).toEqual(months(table, 2));
    // As the service, which may not create tables itself, several at once.
    await Promise.all([makePartitions(one.database), makePartitions(one.database)]);
    expect(await current(table)).toEqual(months(table, 3));
    await expect(one.database.query({ text: 'create table mine (id int)' })).rejects.toThrow('permission denied');
  },
);

/** What is done in a transaction, with the database that `work` is given. */
const inside = <T>(work: (inside: Replica, transaction: Transaction) => Promise<T>): Promise<T> =>
  one.database.transaction((transaction) => {
    const database: Database = {
      ...one.database,
      query: (statement, values) => transaction.query(statement, values),
      transaction: (inner) => inner(transaction),
    };
    return work(market.assemble(database, noRelay, { topic: 'economy-events', stepMs: 10_000 }), transaction);
  });
/** The months of `trades` and `saga_log` that are opened by what is done there, by the locks that it leaves. */
const opened = (work: (replica: Replica) => Promise<unknown>): Promise<string[]> =>
  inside(async (replica, transaction) => {
    await work(replica);
    const rows = await transaction.query<{ name: string }>({
      text: `select distinct inhrelid::regclass::text as name from pg_inherits join pg_locks on relation = inhrelid
             where inhparent in ('trades'::regclass, 'saga_log'::regclass) and pid = pg_backend_pid() order by 1`,
    });
    return rows.map(({ name }) => name);
  });
/** The tables that are looked into by what is done there. */
const lookedInto = (work: (replica: Replica) => Promise<unknown>): Promise<string[]> =>
  inside(async (replica, transaction) => {
    const looks = async () => {
      const rows = await transaction.query<{ name: string; looks: string }>({
        text: `select relname as name, seq_scan + coalesce(idx_scan, 0) as looks from pg_stat_xact_user_tables order by 1`,
      });
      return new Map(rows.map(({ name, looks }) => [name, Number(looks)]));
    };
    const before = await looks();
    await work(replica);
    return [...(await looks())].flatMap(([name, looks]) => (looks > (before.get(name) ?? 0) ? [name] : []));
  });
const reply = ({ orchestrator }: Replica, tradeId: TradeId, type: Reply) =>
  orchestrator.handle([
    {
      event: { ...envelope(CorrelationId.parse(randomUUID()), null), type, payload: { tradeId } },
      topic: 'economy-events',
      partition: 0,
      record: { key: null, value: null, timestamp: '0', attributes: 0, offset: '0', headers: {} },
    },
  ]);

test('a trade begins and is led on in its own month alone, whatever plan its statements have by then', async () => {
  const openedBy = { begin: [''], step: [''] };
  // The sixth time that a connection has a prepared statement, it is planned for any values too, which opens all months once.
  for (let round = 0; round < 8; round++) {
    const order = market.order((await market.listed(one)).listing.listingId);
    let tradeId = newTradeId();
    openedBy.begin = await opened(async (replica) => ({ tradeId } = await replica.market.request(order)));
    openedBy.step = await opened((replica) => reply(replica, tradeId, 'FundsReserved'));
    expect(await one.trades.view(tradeId, order.caller.playerId)).toMatchObject({ sagaState: 'ITEM_LOCKING' });
  }
  const [[trades], [log]] = [months('trades', 0), months('saga_log', 0)];
  expect(openedBy).toEqual({ begin: [log, trades], step: [log, trades] });
});

test('a trade whose id does not say when it began is found all the same', async () => {
  const order = market.order((await market.listed(one)).listing.listingId);
  const tradeId = await renamed((await one.market.request(order)).tradeId, TradeId.parse(randomUUID()));
  await reply(one, tradeId, 'FundsReserved');
  expect(await one.trades.view(tradeId, order.caller.playerId)).toMatchObject({ sagaState: 'ITEM_LOCKING' });
});

test.each(['00000000-0000-7000-8000-000000000000', 'ffffffff-ffff-7fff-bfff-ffffffffffff'])(
  'where no month can be, there is no trade: %s',
  async (id) => {
    const tradeId = TradeId.parse(id);
    await expect(one.trades.view(tradeId, aCaller().playerId)).rejects.toThrow('no trade with this id');
    await reply(one, tradeId, 'FundsReserved');
  },
);

test('a trade is looked for in its own month alone, whatever plan the statement has by then', async () => {
  const [month] = months('trades', 0);
  const order = market.order((await market.listed(one)).listing.listingId);
  let { tradeId } = await one.market.request(order);
  const looks = () => lookedInto(({ trades }) => trades.view(tradeId, order.caller.playerId));
  // From the sixth time on with the plan that the connection keeps.
  for (let round = 0; round < 8; round++) expect(await looks()).toEqual([month]);
  tradeId = await renamed(tradeId, TradeId.parse(randomUUID()));
  for (let round = 0; round < 8; round++) expect(await looks()).toEqual(['trade_keys', month]);
});

test('ids and keys of trades are unique over all months', async () => {
  const { listing } = await market.listed(one);
  const order = market.order(listing.listingId);
  const { tradeId } = await one.market.request(order);
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
        text: `create table if not exists ${parent}_${name} partition of ${parent}
               for values from ('${from.toISOString()}') to ('${to.toISOString()}')`,
      });
    }
  }
  const orders = [];
  for (const before of [2, 3]) {
    const order = market.order((await market.listed(one)).listing.listingId);
    const began = old(before).from;
    const tradeId = await renamed((await one.market.request(order)).tradeId, newTradeId(began.getTime()), began);
    await market.owner.query({ text: `update trades set saga_state = $2, due_at = null where id = $1` }, [
      tradeId,
      before === 2 ? 'COMPLETED' : 'FAILED',
    ]);
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

  expect(await one.trades.view(second.tradeId, second.order.caller.playerId)).toMatchObject({ status: 'COMPLETED' });
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
      text: `create table if not exists ${parent}_${name} partition of ${parent} for values from ('${from}') to ('${to}')`,
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
