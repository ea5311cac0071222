import { systemAccounts, type AcceptedTrade } from '../contracts/economy.ts';
import type { CorrelationId, ListingId, PlayerId, TradeId } from '../contracts/ids.ts';
import type { Database, Queryable } from '../platform/database/database.ts';
import { ApiError } from '../platform/errors.ts';
import type { Caller } from '../platform/http/route.ts';
import { metrics } from '../platform/telemetry/metrics.ts';
import type { Counterparts } from './counterparts.ts';
import { closeListing, findListing, lockListing, noListing, type LockedListing } from './listings.ts';
import type { Orchestrator } from './orchestrator.ts';
import { newTradeId } from './trade-id.ts';
import { Turns } from './turns.ts';

export interface TradeOrder {
  caller: Caller;
  listingId: ListingId;
  /** Of the buyer; whatever it is used for first is what it stands for. */
  idempotencyKey: string;
  correlationId: CorrelationId;
}

/** Requests that look at wallet and inventory at once. */
const requestsAtOnce = 16;

/** What the house keeps of a sale; of its own it keeps nothing, as all is its own. */
export const feeOf = (price: number, sellerId: PlayerId, feePercent: number): number =>
  sellerId === systemAccounts.house ? 0 : Math.floor((price * feePercent) / 100);

/** Takes requests to buy: each key begins one trade at most, and each listing has one trade at a time. */
export class Market {
  private readonly database: Database;
  private readonly orchestrator: Orchestrator;
  private readonly counterparts: Counterparts;
  private readonly feePercent: number;
  private readonly turns = new Turns(requestsAtOnce);

  constructor(database: Database, orchestrator: Orchestrator, counterparts: Counterparts, feePercent: number) {
    this.database = database;
    this.orchestrator = orchestrator;
    this.counterparts = counterparts;
    this.feePercent = feePercent;
  }

  /**
   * Begins a trade.
   * @throws LISTING_NOT_FOUND, LISTING_NOT_ACTIVE, OWN_LISTING, INSUFFICIENT_BALANCE, IDEMPOTENCY_KEY_REUSED, CIRCUIT_OPEN
   */
  async request(order: TradeOrder): Promise<AcceptedTrade> {
    // Of a crowd that wants one thing most find it reserved when their turn comes, and ask nobody else.
    return this.turns.take(async () => {
      const known = await knownTrade(this.database, order);
      if (known) return known;
      try {
        await this.check(order);
        return await this.begin(order);
      } catch (error) {
        // What is in its way may be the trade that the same key has begun meanwhile.
        const begun = await knownTrade(this.database, order);
        if (begun) return begun;
        throw error;
      }
    });
  }

  /** Whether it could come to a trade, as far as can be seen without a lock. */
  private async check({ caller, listingId }: TradeOrder): Promise<void> {
    const listing = buyable(await findListing(this.database, listingId), caller.playerId);
    const [wallet, item] = await Promise.all([
      this.counterparts.walletOf(caller.playerId),
      this.counterparts.itemOf(listing.itemId).catch((error: unknown) => {
        if (error instanceof ApiError && error.code === 'ITEM_NOT_FOUND') return null;
        throw error;
      }),
    ]);
    if (item?.ownerId !== listing.sellerId) {
      await closeListing(this.database, listingId);
      throw notActive('The seller does not have it any more.');
    }
    if (item.locked) throw notActive('Another trade has the item.');
    if (wallet.balance - wallet.heldAmount < listing.price) {
      throw new ApiError('INSUFFICIENT_BALANCE', 'Your free balance is below the price.');
    }
  }

  private begin(order: TradeOrder): Promise<AcceptedTrade> {
    const { caller, listingId, idempotencyKey, correlationId } = order;
    return this.database.transaction(async (transaction) => {
      // The second sees what was committed until the first had its lock.
      const [found, known] = await Promise.all([lockListing(transaction, listingId), knownTrade(transaction, order)]);
      if (known) return known;
      const { itemId, item, sellerId, sellerName, price } = buyable(found, caller.playerId);
      const tradeId = newTradeId();
      const buyer = { buyerId: caller.playerId, buyerName: caller.username };
      const fee = feeOf(price, sellerId, this.feePercent);
      const terms = { tradeId, listingId, itemId, item, ...buyer, sellerId, sellerName, price, fee };
      this.orchestrator.begin(transaction, terms, correlationId, idempotencyKey);
      return accepted(tradeId, listingId, price);
    });
  }
}

const accepted = (tradeId: TradeId, listingId: ListingId, price: number): AcceptedTrade => ({
  ...{ tradeId, listingId, status: 'PENDING', price },
});

/** The trade that this key has begun. @throws IDEMPOTENCY_KEY_REUSED */
const knownTrade = async (
  on: Queryable,
  { caller, listingId, idempotencyKey }: TradeOrder,
): Promise<AcceptedTrade | undefined> => {
  const [known] = await on.query<{ tradeId: TradeId; listingId: ListingId; price: number }>(
    {
      name: 'trade-known',
      text: `select k.trade_id as "tradeId", k.listing_id as "listingId", l.price from trade_keys k
             join listings l on l.id = k.listing_id where k.buyer_id = $1 and k.idempotency_key = $2`,
    },
    [caller.playerId, idempotencyKey],
  );
  if (!known) return undefined;
  if (known.listingId !== listingId) {
    throw new ApiError('IDEMPOTENCY_KEY_REUSED', 'This key was used for another listing.');
  }
  metrics.idempotencyHits.inc({ service: 'marketplace', key_type: 'trade' });
  return accepted(known.tradeId, listingId, known.price);
};

const notActive = (detail: string) => new ApiError('LISTING_NOT_ACTIVE', detail);

const buyable = (listing: LockedListing | undefined, buyerId: PlayerId): LockedListing => {
  if (!listing) throw noListing();
  if (listing.sellerId === buyerId) throw new ApiError('OWN_LISTING', 'It is yours.');
  switch (listing.status) {
    case 'ACTIVE':
      return listing;
    case 'RESERVED':
      throw notActive('Somebody else is buying it at this moment.');
    case 'SOLD':
      throw notActive('It is sold.');
    case 'CANCELLED':
      throw notActive('The seller took it back.');
  }
};
