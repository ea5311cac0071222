import { randomUUID } from 'node:crypto';
import type { Listing, ListingQuery, ListingRequest, Listings as Page, ListingStatus } from '../contracts/economy.ts';
import { ListingId, type ItemId, type PlayerId } from '../contracts/ids.ts';
import { CatalogueId, describeItem } from '../contracts/items.ts';
import type { Database, Queryable, Transaction } from '../platform/database/database.ts';
import { ApiError } from '../platform/errors.ts';
import type { Caller } from '../platform/http/route.ts';
import { eventIdFrom } from '../platform/outbox/outbox.ts';
import type { Counterparts } from './counterparts.ts';

interface ListingRow {
  listingId: ListingId;
  itemId: ItemId;
  item: CatalogueId;
  sellerId: PlayerId;
  sellerName: string;
  price: number;
  status: ListingStatus;
  createdAt: Date;
}

/** A listing under the lock of its row. */
export type LockedListing = ListingRow;

const columns = `l.id as "listingId", l.item_id as "itemId", l.item, l.seller_id as "sellerId",
  l.seller_name as "sellerName", l.price, l.status, l.created_at as "createdAt"`;
/** What the last of each kind sold for: looked up once for each kind, not for each listing. */
const sales = `sales as materialized (
  select k.item, array(
    select s.price from listings s where s.item = k.item and s.status = 'SOLD' order by s.closed_at desc limit 5
  ) as prices from unnest($1::text[]) as k(item))`;
const lastSales = `(select prices from sales where sales.item = l.item) as "lastSales"`;
const orders = {
  newest: 'l.created_at desc, l.id desc',
  cheapest: 'l.price, l.id',
  dearest: 'l.price desc, l.id desc',
} as const;

export const noListing = () => new ApiError('LISTING_NOT_FOUND', 'There is no listing with this id.');

/** What is for sale. */
export class Listings {
  private readonly database: Database;
  private readonly counterparts: Counterparts;
  private readonly feePercent: number;

  constructor(database: Database, counterparts: Counterparts, feePercent: number) {
    this.database = database;
    this.counterparts = counterparts;
    this.feePercent = feePercent;
  }

  /**
   * Puts an item on the market; the same key again gives the listing that it made, whatever has become of it since.
   * @throws NOT_YOURS, ITEM_NOT_FOUND, ITEM_LOCKED, ITEM_LISTED, IDEMPOTENCY_KEY_REUSED, CIRCUIT_OPEN
   */
  async create(caller: Caller, request: ListingRequest, idempotencyKey: string = randomUUID()): Promise<Listing> {
    const listingId = ListingId.parse(eventIdFrom('listing', caller.playerId, idempotencyKey));
    try {
      await this.offer(listingId, caller, request);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      const earlier = await findListing(this.database, listingId);
      if (!earlier) throw error;
      if (earlier.itemId !== request.itemId || earlier.price !== request.price) {
        throw new ApiError('IDEMPOTENCY_KEY_REUSED', 'This key was used for another listing.');
      }
    }
    return this.view(this.database, listingId);
  }

  private async offer(listingId: ListingId, caller: Caller, { itemId, price }: ListingRequest): Promise<void> {
    const { ownerId, locked, itemId: item } = await this.counterparts.itemOf(itemId);
    if (ownerId !== caller.playerId) throw new ApiError('NOT_YOURS', 'This item is not yours.');
    if (locked) throw new ApiError('ITEM_LOCKED', 'A trade of this item is running.');
    const [created] = await this.database.query(
      {
        name: 'listing-create',
        text: `insert into listings (id, item_id, item, seller_id, seller_name, price) values ($1, $2, $3, $4, $5, $6)
               on conflict do nothing returning id`,
      },
      [listingId, itemId, item, caller.playerId, caller.username, price],
    );
    if (!created) throw new ApiError('ITEM_LISTED', 'This item is for sale already.');
  }

  async list({ minPrice, maxPrice, itemType, sort, mine, page, limit }: ListingQuery, caller: Caller): Promise<Page> {
    // Only what is asked for is in the statement: each variant has an index of its own.
    const values: unknown[] = [];
    const value = (given: unknown): string => `$${values.push(given) + 1}`;
    const conditions = [mine ? `l.seller_id = ${value(caller.playerId)}` : "l.status = 'ACTIVE'"];
    if (itemType !== undefined) conditions.push(`l.item = ${value(itemType)}`);
    if (minPrice !== undefined) conditions.push(`l.price >= ${value(minPrice)}`);
    if (maxPrice !== undefined) conditions.push(`l.price <= ${value(maxPrice)}`);
    const where = conditions.join(' and ');
    // The kinds are the first value of both.
    const counting = {
      text: `select count(*)::int as total from listings l where $1::text[] is not null and ${where}`,
    };
    const counted = [CatalogueId.options, ...values];
    const listing = {
      text: `with ${sales} select ${columns}, ${lastSales} from listings l where ${where}
             order by ${orders[sort]} limit ${value(limit)} offset ${value((page - 1) * limit)}`,
    };
    const [[count], rows] = await this.database.read((on) =>
      Promise.all([
        on.query<{ total: number }>(counting, counted),
        on.query<ListingRow & { lastSales: number[] }>(listing, [CatalogueId.options, ...values]),
      ]),
    );
    return { items: rows.map(presented), total: count?.total ?? 0, page, feePercent: this.feePercent };
  }

  /** @throws NOT_YOURS, LISTING_NOT_FOUND, LISTING_NOT_ACTIVE, TRADE_RUNNING */
  async cancel(caller: Caller, listingId: ListingId): Promise<Listing> {
    return this.database.transaction(async (transaction) => {
      const listing = await lockListing(transaction, listingId);
      if (!listing) throw noListing();
      if (listing.sellerId !== caller.playerId) throw new ApiError('NOT_YOURS', 'This listing is not yours.');
      switch (listing.status) {
        case 'SOLD':
          throw new ApiError('LISTING_NOT_ACTIVE', 'It is sold.');
        case 'RESERVED':
          throw new ApiError('TRADE_RUNNING', 'Somebody is buying it at this moment.');
        case 'ACTIVE':
          await closeListing(transaction, listingId);
          break;
        case 'CANCELLED':
      }
      return this.view(transaction, listingId);
    });
  }

  private async view(on: Queryable, listingId: ListingId): Promise<Listing> {
    const [row] = await on.query<ListingRow & { lastSales: number[] }>(
      { name: 'listing-view', text: `with ${sales} select ${columns}, ${lastSales} from listings l where l.id = $2` },
      [CatalogueId.options, listingId],
    );
    if (!row) throw noListing();
    return presented(row);
  }
}

export const findListing = async (on: Queryable, listingId: ListingId): Promise<ListingRow | undefined> => {
  const [row] = await on.query<ListingRow>(
    { name: 'listing-find', text: `select ${columns} from listings l where l.id = $1` },
    [listingId],
  );
  return row;
};

export const lockListing = async (
  transaction: Transaction,
  listingId: ListingId,
): Promise<LockedListing | undefined> => {
  const [row] = await transaction.query<LockedListing>(
    { name: 'listing-lock', text: `select ${columns} from listings l where l.id = $1 for update` },
    [listingId],
  );
  return row;
};

/** Takes a listing off the market, unless somebody is buying it. */
export const closeListing = async (on: Queryable, listingId: ListingId): Promise<void> => {
  await on.query(
    {
      name: 'listing-close',
      text: `update listings set status = 'CANCELLED', closed_at = now() where id = $1 and status = 'ACTIVE'`,
    },
    [listingId],
  );
};

const presented = ({ item, createdAt, ...row }: ListingRow & { lastSales: number[] }): Listing => ({
  ...row,
  item: describeItem(item),
  createdAt: createdAt.toISOString(),
});
