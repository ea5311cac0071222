import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { systemAccounts } from '../contracts/economy.ts';
import { ListingId, TradeId } from '../contracts/ids.ts';
import { ApiError } from '../platform/errors.ts';
import { feeOf, type TradeOrder } from './market.ts';
import { aCaller, TestMarket, type Replica } from './test-market.ts';

/** Real: PostgreSQL. wallet and inventory are played; each replica has connections of its own. */
let market: TestMarket;
let replicas: [Replica, Replica, Replica];
let one: Replica;
beforeAll(async () => {
  market = await TestMarket.open();
  replicas = await Promise.all([market.replica(), market.replica(), market.replica()]);
  [one] = replicas;
});
afterAll(() => market.close());

/** The stable code of what was refused, or what was answered. */
const outcome = async <T>(work: Promise<T>): Promise<T | string> => {
  try {
    return await work;
  } catch (error) {
    if (error instanceof ApiError) return error.code;
    throw error;
  }
};
const request = (order: TradeOrder, replica = 0) => outcome((replicas[replica % 3] ?? one).market.request(order));
const statusOf = async (listingId: ListingId) => {
  const [row] = await market.owner.query<{ status: string }>({ text: 'select status from listings where id = $1' }, [
    listingId,
  ]);
  return row?.status;
};
const tradesOf = (listingId: ListingId) =>
  market.owner.query<{ id: TradeId; fee: number }>({ text: 'select id, fee from trades where listing_id = $1' }, [
    listingId,
  ]);
const sent = async (tradeId: string) => {
  const rows = await market.owner.query<{ type: string }>(
    { text: `select value::jsonb ->> 'type' as type from outbox where key = $1 order by id` },
    [tradeId],
  );
  return rows.map(({ type }) => type);
};

test('a trade begins with its listing reserved, its first command, its log and its fee, all at once', async () => {
  const { listing, seller } = await market.listed(one, { price: 1999 });
  const order = market.order(listing.listingId);
  const answer = await one.market.request(order);
  expect(answer).toEqual({
    tradeId: expect.any(String),
    listingId: listing.listingId,
    status: 'PENDING',
    price: 1999,
  });
  expect(await statusOf(listing.listingId)).toBe('RESERVED');
  expect(await sent(answer.tradeId)).toEqual(['TradeRequested', 'ReserveFunds']);
  expect(
    await market.owner.query({ text: 'select step, state from saga_log where trade_id = $1 order by step' }, [
      answer.tradeId,
    ]),
  ).toEqual([
    { step: 1, state: 'INITIATED' },
    { step: 2, state: 'FUNDS_RESERVING' },
  ]);
  const { playerId } = order.caller;
  expect(await one.trades.view(TradeId.parse(answer.tradeId), playerId)).toMatchObject({
    buyerId: playerId,
    buyerName: 'buyer',
    sellerId: seller.playerId,
    sellerName: 'seller',
    fee: 99,
    status: 'PENDING',
    sagaState: 'FUNDS_RESERVING',
    failure: null,
    item: { itemId: 'iron_sword', name: 'Iron sword' },
  });
});

test.each([
  [1, 5, 0],
  [19, 5, 0],
  [20, 5, 1],
  [1_000_000_000, 5, 50_000_000],
  [1_000_000_000, 100, 1_000_000_000],
  [999, 0, 0],
])('of a price of %i at %i %% the house keeps %i', (price, percent, fee) => {
  expect(feeOf(price, aCaller().playerId, percent)).toBe(fee);
  expect(feeOf(price, systemAccounts.house, percent)).toBe(0);
});

test('a thousand buyers at three replicas: one trade, 999 clear answers, and few that bother the wallet', async () => {
  const { listing } = await market.listed(one);
  const before = market.neighbours.asked;
  const answers = await Promise.all(
    Array.from({ length: 1000 }, (_, index) => request(market.order(listing.listingId), index)),
  );
  expect(answers.filter((answer) => typeof answer === 'object')).toHaveLength(1);
  expect(answers.filter((answer) => answer === 'LISTING_NOT_ACTIVE')).toHaveLength(999);
  expect(await tradesOf(listing.listingId)).toHaveLength(1);
  expect(market.neighbours.asked - before).toBeLessThan(200);
});

test('the same key, later and at once, at any replica, is the same trade', async () => {
  const { listing } = await market.listed(one);
  const order = market.order(listing.listingId);
  const answers = await Promise.all(Array.from({ length: 30 }, (_, index) => request(order, index)));
  expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1);
  expect(typeof answers[0]).toBe('object');
  expect(await tradesOf(listing.listingId)).toHaveLength(1);
  // Even when it could not be bought any more.
  market.neighbours.free.set(order.caller.playerId, 0);
  expect(await request(order, 1)).toEqual(answers[0]);
});

test('who is refused for what the same key has begun meanwhile gets that trade', async () => {
  const order = market.order((await market.listed(one)).listing.listingId);
  const [asked, answered] = [Promise.withResolvers<undefined>(), Promise.withResolvers<undefined>()];
  const late = await market.replica({
    itemOf: (id) => market.neighbours.itemOf(id),
    stockHouse: (items) => market.neighbours.stockHouse(items),
    walletOf: async (id) => {
      asked.resolve(undefined);
      await answered.promise;
      return market.neighbours.walletOf(id);
    },
  });
  const first = late.market.request(order);
  await asked.promise;
  const second = await one.market.request(order);
  market.neighbours.free.set(order.caller.playerId, 0);
  answered.resolve(undefined);
  expect(await first).toEqual(second);
});

test('one key for two listings, later and at once, is one trade and a refusal; another player may use the same key', async () => {
  const [first, second] = [await market.listed(one), await market.listed(one)];
  const order = market.order(first.listing.listingId);
  const other = { ...order, listingId: second.listing.listingId };
  const answers = await Promise.all([request(order, 0), request(other, 1)]);
  expect(answers.filter((answer) => typeof answer === 'object')).toHaveLength(1);
  expect(answers).toContain('IDEMPOTENCY_KEY_REUSED');
  const left = typeof answers[0] === 'object' ? second : first;
  expect(await request({ ...order, listingId: left.listing.listingId }, 2)).toBe('IDEMPOTENCY_KEY_REUSED');
  const somebody = { ...market.order(left.listing.listingId), idempotencyKey: order.idempotencyKey };
  expect(typeof (await request(somebody))).toBe('object');
});

test('the same key again, at once and when the item is sold, gives the listing that it made; with another price it is refused', async () => {
  const seller = aCaller('seller');
  const itemId = market.neighbours.give(seller.playerId, 'steel_sword');
  const key = randomUUID();
  const create = (replica = one, price = 10) => outcome(replica.listings.create(seller, { itemId, price }, key));
  const answers = await Promise.all(replicas.map((replica) => create(replica)));
  const [listing] = answers;
  if (typeof listing !== 'object') throw new Error(`not listed: ${String(listing)}`);
  for (const answer of answers) expect(answer).toEqual(listing);
  expect(await create(one, 11)).toBe('IDEMPOTENCY_KEY_REUSED');
  await request(market.order(listing.listingId));
  expect(await create()).toMatchObject({ listingId: listing.listingId, status: 'RESERVED' });
  const item = market.neighbours.items.get(itemId);
  if (!item) throw new Error('no item');
  item.ownerId = aCaller().playerId;
  expect(await create()).toMatchObject({ listingId: listing.listingId });
  // The key is of the player: another one who has it makes a listing of his own.
  const stranger = aCaller();
  const offer = { itemId: market.neighbours.give(stranger.playerId), price: 10 };
  expect(await outcome(one.listings.create(stranger, offer, key))).toMatchObject({ status: 'ACTIVE', price: 10 });
});

test.each<[string, (order: TradeOrder) => TradeOrder | Promise<TradeOrder>, string, string]>([
  [
    'what is not there',
    (order) => ({ ...order, listingId: ListingId.parse(randomUUID()) }),
    'LISTING_NOT_FOUND',
    'ACTIVE',
  ],
  ['without the money', (order) => market.order(order.listingId, { free: 999 }), 'INSUFFICIENT_BALANCE', 'ACTIVE'],
  [
    'what the seller has no more',
    async (order) => {
      const [row] = await market.owner.query<{ item_id: string }>(
        { text: 'select item_id from listings where id = $1' },
        [order.listingId],
      );
      for (const item of market.neighbours.items.values()) {
        if (item.id === row?.item_id) item.ownerId = aCaller().playerId;
      }
      return order;
    },
    'LISTING_NOT_ACTIVE',
    'CANCELLED',
  ],
  [
    'what another trade has',
    async (order) => {
      const [row] = await market.owner.query<{ item_id: string }>(
        { text: 'select item_id from listings where id = $1' },
        [order.listingId],
      );
      for (const item of market.neighbours.items.values()) if (item.id === row?.item_id) item.locked = true;
      return order;
    },
    'LISTING_NOT_ACTIVE',
    'ACTIVE',
  ],
])('who buys %s is refused: no trade', async (_what, change, code, after) => {
  const { listing } = await market.listed(one);
  expect(await request(await change(market.order(listing.listingId)))).toBe(code);
  expect(await tradesOf(listing.listingId)).toEqual([]);
  expect(await statusOf(listing.listingId)).toBe(after);
});

test('nobody buys from itself', async () => {
  const { listing, seller } = await market.listed(one);
  expect(await request(market.order(listing.listingId, { caller: seller }))).toBe('OWN_LISTING');
});

test('cancelling races buying: one of the two holds, whoever was first', async () => {
  const seen = new Set<string>();
  for (let round = 0; round < 30; round++) {
    const { listing, seller } = await market.listed(one);
    const order = market.order(listing.listingId);
    const [cancelled, bought] = await Promise.all([
      outcome(replicas[1].listings.cancel(seller, listing.listingId)),
      request(order, 2),
    ]);
    const status = await statusOf(listing.listingId);
    if (typeof bought === 'object') {
      expect([cancelled, status]).toEqual(['TRADE_RUNNING', 'RESERVED']);
      expect(await tradesOf(listing.listingId)).toHaveLength(1);
    } else {
      expect([bought, cancelled, status]).toEqual([
        'LISTING_NOT_ACTIVE',
        expect.objectContaining({ status: 'CANCELLED' }),
        'CANCELLED',
      ]);
      expect(await tradesOf(listing.listingId)).toEqual([]);
    }
    seen.add(typeof bought);
  }
  expect(seen.size).toBeGreaterThan(0);
});

test('a listing: only of what is mine, not locked, and once for each item; cancelled only by me, as often as I like', async () => {
  const seller = aCaller('seller');
  const stranger = aCaller();
  const itemId = market.neighbours.give(seller.playerId, 'steel_sword');
  const create = (caller = seller, id = itemId) => outcome(one.listings.create(caller, { itemId: id, price: 10 }));
  expect(await create(stranger)).toBe('NOT_YOURS');
  const at = await Promise.all(
    replicas.map((replica) => outcome(replica.listings.create(seller, { itemId, price: 10 }))),
  );
  expect(at.filter((answer) => answer === 'ITEM_LISTED')).toHaveLength(2);
  const listing = at.find((answer) => typeof answer === 'object');
  if (typeof listing !== 'object') throw new Error('not listed');
  expect(listing).toMatchObject({ itemId, sellerName: 'seller', price: 10, status: 'ACTIVE' });
  expect(await outcome(one.listings.cancel(stranger, listing.listingId))).toBe('NOT_YOURS');
  expect(await outcome(one.listings.cancel(seller, ListingId.parse(randomUUID())))).toBe('LISTING_NOT_FOUND');
  for (let time = 0; time < 2; time++) {
    expect(await outcome(one.listings.cancel(seller, listing.listingId))).toMatchObject({ status: 'CANCELLED' });
  }
  expect(await create()).toMatchObject({ status: 'ACTIVE' });
  const lockedItem = market.neighbours.items.get(market.neighbours.give(seller.playerId));
  if (!lockedItem) throw new Error('no item');
  lockedItem.locked = true;
  expect(await create(seller, lockedItem.id)).toBe('ITEM_LOCKED');
});
