import { z } from 'zod';
import { Page, pageOf } from './api.ts';
import { EventId, ItemId, ListingId, MatchId, PlayerId, TradeId, Uuid } from './ids.ts';
import { CatalogueId, ItemDescription } from './items.ts';
import { MatchResult, PlayerOutcome } from './match.ts';

/** Whole minor units of currency. */
export const Amount = z.int().nonnegative();
/** What a listing may ask. */
export const Price = z.int().min(1).max(1_000_000_000);

/**
 * Accounts of the ledger that are nobody's. `game` is the counter-party of what the game gives and takes (rewards, spent
 * stamps), so its balance is what all others hold, below zero; `house` sells on the market and gets the share of each sale.
 */
export const systemAccounts = {
  game: PlayerId.parse('00000000-0000-4000-8000-000000000001'),
  house: PlayerId.parse('00000000-0000-4000-8000-000000000002'),
} as const;
export const houseName = 'House';

/** GET /wallet. `heldAmount` is the part of `balance` that running trades keep; free to spend is the rest. */
export const Wallet = z.object({
  playerId: PlayerId,
  balance: Amount,
  heldAmount: Amount,
  /** Stamps that are free to use: those reserved for actions under way are not in it. */
  stampBalance: z.int().nonnegative(),
  updatedAt: z.iso.datetime(),
});
export type Wallet = z.infer<typeof Wallet>;

export const Asset = z.enum(['CURRENCY', 'STAMP']);
export type Asset = z.infer<typeof Asset>;
export const TransactionType = z.enum(['REWARD', 'PURCHASE', 'SALE', 'FEE', 'REFUND', 'STAMP_SPENT', 'TRANSFER']);
export type TransactionType = z.infer<typeof TransactionType>;

/** A line of the ledger as its account sees it: `amount` below zero is what was given away. Newest first. */
export const LedgerEntry = z.object({
  id: z.string(),
  type: TransactionType,
  asset: Asset,
  amount: z.int(),
  /** Of this asset, after the entry. */
  balanceAfter: z.int(),
  /** What it was for: of the match, trade or action. */
  reference: Uuid,
  createdAt: z.iso.datetime(),
});
export type LedgerEntry = z.infer<typeof LedgerEntry>;
export const LedgerQuery = Page.extend({ type: TransactionType.optional() });
export const Ledger = pageOf(LedgerEntry);
export type Ledger = z.infer<typeof Ledger>;

/** An item of the caller; `locked` while a trade runs. `id` is the one sword, `itemId` its kind. */
export const InventoryItem = ItemDescription.extend({
  id: ItemId,
  locked: z.boolean(),
  acquiredAt: z.iso.datetime(),
});
export type InventoryItem = z.infer<typeof InventoryItem>;
export const Inventory = pageOf(InventoryItem);
export type Inventory = z.infer<typeof Inventory>;

export const ListingStatus = z.enum(['ACTIVE', 'RESERVED', 'SOLD', 'CANCELLED']);
export type ListingStatus = z.infer<typeof ListingStatus>;

/** `itemId` is the `id` of an item in GET /inventory. */
export const ListingRequest = z.strictObject({ itemId: ItemId, price: Price });
export type ListingRequest = z.infer<typeof ListingRequest>;

export const Listing = z.object({
  listingId: ListingId,
  /** The one sword that is for sale, and what it is. */
  itemId: ItemId,
  item: ItemDescription,
  sellerId: PlayerId,
  sellerName: z.string(),
  price: Price,
  /** RESERVED while a trade runs. */
  status: ListingStatus,
  createdAt: z.iso.datetime(),
  /** What the last ones of this kind sold for, newest first, at most five. */
  lastSales: z.array(Price),
});
export type Listing = z.infer<typeof Listing>;
export const ListingSort = z.enum(['newest', 'cheapest', 'dearest']);
export const ListingQuery = Page.extend({
  minPrice: z.coerce.number().pipe(Price).optional(),
  maxPrice: z.coerce.number().pipe(Price).optional(),
  itemType: CatalogueId.optional(),
  sort: ListingSort.default('newest'),
  /** Only the caller's own, of any status. */
  mine: z.stringbool().default(false),
});
export type ListingQuery = z.infer<typeof ListingQuery>;
/** `feePercent` of a price, rounded down, is what the house keeps of a sale. */
export const Listings = pageOf(Listing).extend({ feePercent: z.int().min(0).max(100) });
export type Listings = z.infer<typeof Listings>;

export const SagaState = z.enum([
  'INITIATED',
  'FUNDS_RESERVING',
  'ITEM_LOCKING',
  'FUNDS_TRANSFERRING',
  'ITEM_TRANSFERRING',
  'COMPLETED',
  'COMPENSATING_FAILED',
  'COMPENSATING_FUNDS_RELEASE',
  'COMPENSATING_FULL',
  'FAILED',
]);
export type SagaState = z.infer<typeof SagaState>;
export const TradeStatus = z.enum(['PENDING', 'COMPLETED', 'FAILED']);
export type TradeStatus = z.infer<typeof TradeStatus>;

/** Why a trade came to nothing; all that it had taken was given back by then. */
export const TradeFailure = z.enum(['INSUFFICIENT_BALANCE', 'ITEM_NOT_AVAILABLE', 'TIMED_OUT']);
export type TradeFailure = z.infer<typeof TradeFailure>;

export const TradeRequest = z.strictObject({ listingId: ListingId });

/** POST /marketplace/trades: the trade has begun. */
export const AcceptedTrade = z.object({
  tradeId: TradeId,
  listingId: ListingId,
  status: z.literal('PENDING'),
  price: Price,
});
export type AcceptedTrade = z.infer<typeof AcceptedTrade>;

/** What is settled when a trade begins and never changes. `fee` is the house's share of the price. */
export const TradeTerms = z.object({
  tradeId: TradeId,
  listingId: ListingId,
  itemId: ItemId,
  item: CatalogueId,
  buyerId: PlayerId,
  buyerName: z.string(),
  sellerId: PlayerId,
  sellerName: z.string(),
  price: Price,
  fee: Amount,
});
export type TradeTerms = z.infer<typeof TradeTerms>;

export const Trade = TradeTerms.extend({
  item: ItemDescription,
  status: TradeStatus,
  sagaState: SagaState,
  failure: TradeFailure.nullable(),
  createdAt: z.iso.datetime(),
  updatedAt: z.iso.datetime(),
});
export type Trade = z.infer<typeof Trade>;
export const TradeQuery = Page.extend({ role: z.enum(['buyer', 'seller']).optional() });
export type TradeQuery = z.infer<typeof TradeQuery>;
export const Trades = pageOf(Trade);
export type Trades = z.infer<typeof Trades>;

/** Ranks are 1, 2, 3 …; `stale`: the store is away, and this is what was last known. */
export const Leaderboard = z.object({
  entries: z.array(
    z.object({ rank: z.int().positive(), playerId: PlayerId, username: z.string(), score: z.int().nonnegative() }),
  ),
  cachedAt: z.iso.datetime(),
  stale: z.boolean(),
});
export type Leaderboard = z.infer<typeof Leaderboard>;

/** What one player got for one match; the item is the one sword it owns from then on. */
export const Reward = z.object({
  matchId: MatchId,
  playerId: PlayerId,
  outcome: PlayerOutcome,
  currency: Amount,
  stamps: z.int().nonnegative(),
  item: z.object({ id: ItemId, itemId: CatalogueId }).nullable(),
});
export type Reward = z.infer<typeof Reward>;

const notified = { id: EventId, at: z.iso.datetime() };
const ofTrade = { ...notified, role: z.enum(['buyer', 'seller']), trade: TradeTerms };

/** What a player is told wherever it is, and at the next connect when it was away. `id` tells a repeated one. */
export const Notification = z.discriminatedUnion('type', [
  z.object({ ...notified, type: z.literal('reward.granted'), reward: Reward }),
  z.object({ ...ofTrade, type: z.literal('trade.completed') }),
  z.object({ ...ofTrade, type: z.literal('trade.failed'), failure: TradeFailure }),
  z.object({ ...notified, type: z.literal('match.finished'), matchId: MatchId, result: MatchResult }),
  z.object({ ...notified, type: z.literal('match.cancelled'), matchId: MatchId }),
]);
export type Notification = z.infer<typeof Notification>;
