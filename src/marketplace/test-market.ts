import { randomUUID } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import { createDatabaseOf, type TestDatabase } from '../../tests/servers.ts';
import type { Listing, Wallet } from '../contracts/economy.ts';
import { CorrelationId, ItemId, PlayerId, type ListingId } from '../contracts/ids.ts';
import type { OwnedItem } from '../contracts/internal.ts';
import { describeItem, type CatalogueId } from '../contracts/items.ts';
import { openDatabase, type Database } from '../platform/database/database.ts';
import { ApiError } from '../platform/errors.ts';
import type { Caller } from '../platform/http/route.ts';
import { ProcessLifecycle } from '../platform/lifecycle.ts';
import type { Relay } from '../platform/outbox/relay.ts';
import { HouseStock } from './house.ts';
import type { House } from './config.ts';
import type { Counterparts } from './counterparts.ts';
import { Listings } from './listings.ts';
import { Market, type TradeOrder } from './market.ts';
import { migrations } from './migrations/index.ts';
import { Orchestrator, type OrchestratorOptions } from './orchestrator.ts';
import { Trades } from './trades.ts';

export const aCaller = (name = 'ada'): Caller => ({
  playerId: PlayerId.parse(randomUUID()),
  username: name,
  bot: false,
});
export const noRelay: Relay = { wake: () => undefined };

/** wallet and inventory as the market asks them, in memory. */
export class Neighbours implements Counterparts {
  readonly free = new Map<PlayerId, number>();
  readonly items = new Map<ItemId, OwnedItem>();
  /** How often either was asked. */
  asked = 0;

  async walletOf(playerId: PlayerId): Promise<Wallet> {
    this.asked++;
    const free = this.free.get(playerId) ?? 0;
    // Some of it is held: only what is free can be spent.
    return { playerId, balance: free + 77, heldAmount: 77, stampBalance: 0, updatedAt: new Date().toISOString() };
  }

  async itemOf(id: ItemId): Promise<OwnedItem> {
    this.asked++;
    const item = this.items.get(id);
    if (!item) throw new ApiError('ITEM_NOT_FOUND', 'There is no item with this id.');
    return item;
  }

  async stockHouse(items: { id: ItemId; itemId: CatalogueId }[]): Promise<void> {
    for (const { id, itemId } of items) {
      if (!this.items.has(id)) this.give(PlayerId.parse('00000000-0000-4000-8000-000000000002'), itemId, id);
    }
  }

  /** A sword for a player. */
  give(ownerId: PlayerId, itemId: CatalogueId = 'iron_sword', id = ItemId.parse(randomUUID())): ItemId {
    this.items.set(id, { ...describeItem(itemId), id, ownerId, locked: false });
    return id;
  }
}

/** One replica of marketplace, put together as `main.ts` does, without Kafka. */
export interface Replica {
  database: Database;
  orchestrator: Orchestrator;
  listings: Listings;
  market: Market;
  trades: Trades;
  house(wanted: House): HouseStock;
}

interface Sale {
  price?: number;
  item?: CatalogueId;
  seller?: Caller;
}

/** marketplace with a database of its own, its neighbours played by the test. */
export class TestMarket {
  readonly neighbours = new Neighbours();
  readonly lifecycle: ProcessLifecycle;
  readonly db: TestDatabase;
  readonly owner: Database;

  private constructor(db: TestDatabase, owner: Database, lifecycle: ProcessLifecycle) {
    this.db = db;
    this.owner = owner;
    this.lifecycle = lifecycle;
  }

  static async open(): Promise<TestMarket> {
    const db = await createDatabaseOf('marketplace', migrations);
    const lifecycle = new ProcessLifecycle();
    return new TestMarket(db, await openDatabase(db.as('owner'), lifecycle, 'owner'), lifecycle);
  }

  async replica(counterparts: Counterparts = this.neighbours): Promise<Replica> {
    const database = await openDatabase(this.db.as('marketplace'), this.lifecycle, 'marketplace');
    return this.assemble(database, noRelay, { topic: 'economy-events', stepMs: 10_000 }, counterparts);
  }

  assemble(
    database: Database,
    relay: Relay,
    options: OrchestratorOptions,
    counterparts: Counterparts = this.neighbours,
  ): Replica {
    const orchestrator = new Orchestrator(database, relay, options);
    return {
      database,
      orchestrator,
      listings: new Listings(database, counterparts, 5),
      market: new Market(database, orchestrator, counterparts, 5),
      trades: new Trades(database),
      house: (wanted) => new HouseStock(database, counterparts, wanted),
    };
  }

  /** A new sword of a new seller, for sale, in a millisecond of its own: what is newest is known to the ms. */
  async listed(
    on: Replica,
    { price = 1000, item = 'iron_sword', seller = aCaller('seller') }: Sale = {},
  ): Promise<{ listing: Listing; seller: Caller }> {
    const itemId = this.neighbours.give(seller.playerId, item);
    await setTimeout(2);
    return { listing: await on.listings.create(seller, { itemId, price }), seller };
  }

  /** Somebody who wants it and has the money. */
  order(listingId: ListingId, { free = 1_000_000, caller = aCaller('buyer') } = {}): TradeOrder {
    this.neighbours.free.set(caller.playerId, free);
    const correlationId = CorrelationId.parse(randomUUID());
    return { caller, listingId, idempotencyKey: randomUUID(), correlationId };
  }

  async close(): Promise<void> {
    await this.lifecycle.stop();
    await this.db.drop();
  }
}
