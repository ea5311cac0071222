import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { ListingQuery, TradeQuery, systemAccounts } from '../contracts/economy.ts';
import type { ListingId } from '../contracts/ids.ts';
import { TradeId } from '../contracts/ids.ts';
import { aCaller, TestMarket, type Replica } from './test-market.ts';

/** Real: PostgreSQL. */
let market: TestMarket;
let one: Replica;
let two: Replica;
beforeAll(async () => {
  market = await TestMarket.open();
  [one, two] = await Promise.all([market.replica(), market.replica()]);
});
beforeEach(async () => {
  await market.owner.query({ text: 'truncate listings, trades, trade_keys, saga_log, house_stock, outbox' });
});
afterAll(() => market.close());

const caller = aCaller();
const list = (query: Record<string, string>, as = caller) => one.listings.list(ListingQuery.parse(query), as);
const sold = (listingId: ListingId, secondsAgo: number) =>
  market.owner.query(
    { text: `update listings set status = 'SOLD', closed_at = now() - $2 * interval '1 s' where id = $1` },
    [listingId, secondsAgo],
  );

test('what is for sale: by kind, by price, in every order, in pages', async () => {
  const kinds = ['iron_sword', 'steel_sword', 'rare_sword_01'] as const;
  for (let n = 0; n < 9; n++) await market.listed(one, { price: 100 + n * 10, item: kinds[n % 3] ?? 'iron_sword' });
  const gone = await market.listed(one, { price: 115 });
  await one.listings.cancel(gone.seller, gone.listing.listingId);
  const prices = async (query: Record<string, string>) => (await list(query)).items.map(({ price }) => price);
  const all = [100, 110, 120, 130, 140, 150, 160, 170, 180];
  expect(await prices({})).toEqual(all.toReversed());
  expect(await prices({ sort: 'cheapest' })).toEqual(all);
  expect(await prices({ sort: 'dearest' })).toEqual(all.toReversed());
  expect(await prices({ itemType: 'steel_sword', sort: 'cheapest' })).toEqual([110, 140, 170]);
  expect(await prices({ minPrice: '120', maxPrice: '150', sort: 'cheapest' })).toEqual([120, 130, 140, 150]);
  expect(await prices({ minPrice: '120', maxPrice: '150', itemType: 'iron_sword' })).toEqual([130]);
  expect(await list({ sort: 'cheapest', limit: '4', page: '3' })).toMatchObject({
    items: [{ price: 180 }],
    total: 9,
    page: 3,
    feePercent: 5,
  });
  expect(await list({ limit: '4', page: '4' })).toMatchObject({ items: [], total: 9 });
});

test('what is mine, of any status, and of nobody else', async () => {
  const { listing, seller } = await market.listed(one);
  await one.listings.cancel(seller, listing.listingId);
  await market.listed(one, { seller });
  await market.listed(one);
  const mine = await list({ mine: 'true' }, seller);
  expect(mine.items.map(({ status }) => status)).toEqual(['ACTIVE', 'CANCELLED']);
  expect(mine.total).toBe(2);
  expect(await list({ mine: 'true' })).toMatchObject({ items: [], total: 0 });
});

test('a card says what the last five of its kind sold for, the newest first', async () => {
  for (let n = 1; n <= 7; n++) await sold((await market.listed(one, { price: n })).listing.listingId, 100 - n);
  await sold((await market.listed(one, { price: 99, item: 'steel_sword' })).listing.listingId, 1);
  const { listing } = await market.listed(one, { price: 50 });
  expect(listing.lastSales).toEqual([7, 6, 5, 4, 3]);
  await market.listed(one, { price: 60, item: 'rare_sword_01' });
  const { items } = await list({ sort: 'cheapest' });
  expect(items.map(({ price, lastSales }) => [price, lastSales])).toEqual([
    [50, [7, 6, 5, 4, 3]],
    [60, []],
  ]);
});

test('my trades, as buyer, as seller and both, newest first, in pages; a stranger sees none', async () => {
  const me = aCaller('me');
  const expected: string[] = [];
  for (let n = 0; n < 4; n++) {
    const { listing } = await market.listed(one, n % 2 === 0 ? {} : { seller: me });
    const order = n % 2 === 0 ? market.order(listing.listingId, { caller: me }) : market.order(listing.listingId);
    expected.unshift((await one.market.request(order)).tradeId);
  }
  const ids = async (query: Record<string, string>, as = me) => {
    const { items, total } = await one.trades.list(as.playerId, TradeQuery.parse(query));
    return [items.map(({ tradeId }) => tradeId as string), total];
  };
  expect(await ids({})).toEqual([expected, 4]);
  expect(await ids({ role: 'buyer' })).toEqual([[expected[1], expected[3]], 2]);
  expect(await ids({ role: 'seller' })).toEqual([[expected[0], expected[2]], 2]);
  expect(await ids({ limit: '3', page: '2' })).toEqual([[expected[3]], 4]);
  expect(await ids({}, aCaller())).toEqual([[], 0]);
  await expect(one.trades.view(TradeId.parse(expected[0]), aCaller().playerId)).rejects.toThrow('no trade');
  await expect(one.trades.view(TradeId.parse(randomUUID()), me.playerId)).rejects.toThrow('no trade');
});

test('the house keeps its wanted number of each kind, whoever fills and however often, and makes nothing twice', async () => {
  const wanted = { iron_sword: { listings: 3, price: 150 }, rare_sword_01: { listings: 1, price: 2500 } };
  const fill = () => Promise.all([one, two, one, two].map((replica) => replica.house(wanted).fill()));
  const cards = async () => {
    const { items } = await list({ sort: 'cheapest' });
    return items.map(({ price, sellerName, sellerId }) => [price, sellerName, sellerId]);
  };
  const card = (price: number) => [price, 'House', systemAccounts.house];
  await fill();
  expect(await cards()).toEqual([card(150), card(150), card(150), card(2500)]);
  const made = market.neighbours.items.size;
  await fill();
  expect(market.neighbours.items.size).toBe(made);
  const { items } = await list({ sort: 'dearest', limit: '2' });
  for (const { listingId } of items) await sold(listingId, 0);
  await fill();
  expect(await cards()).toEqual([card(150), card(150), card(150), card(2500)]);
  expect(market.neighbours.items.size).toBe(made + 2);
});

test('who dies while it fills leaves nothing behind: the next one lists what was made', async () => {
  const wanted = { steel_sword: { listings: 2, price: 600 } };
  const inventory = market.neighbours.stockHouse.bind(market.neighbours);
  market.neighbours.stockHouse = async (items) => {
    await inventory(items);
    throw new Error('dead');
  };
  await expect(one.house(wanted).fill()).rejects.toThrow('dead');
  const made = market.neighbours.items.size;
  expect((await list({})).total).toBe(0);
  market.neighbours.stockHouse = inventory;
  await two.house(wanted).fill();
  expect((await list({})).total).toBe(2);
  expect(market.neighbours.items.size).toBe(made);
});
