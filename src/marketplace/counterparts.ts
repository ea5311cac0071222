import type { Wallet } from '../contracts/economy.ts';
import type { ItemId, PlayerId } from '../contracts/ids.ts';
import { internalRoutes, type OwnedItem } from '../contracts/internal.ts';
import type { CatalogueId } from '../contracts/items.ts';
import { Breaker } from '../platform/breaker.ts';
import { ServiceClient } from '../platform/http/client.ts';

/**
 * wallet and inventory, asked before a trade begins or an item is listed. The answer is of that moment: it saves the
 * player a trade that would fail, and no more; what counts the saga asks again.
 */
export interface Counterparts {
  /** @throws CIRCUIT_OPEN */
  walletOf(playerId: PlayerId): Promise<Wallet>;
  /** @throws ITEM_NOT_FOUND, CIRCUIT_OPEN */
  itemOf(id: ItemId): Promise<OwnedItem>;
  /** Makes items for the house; those that are there already are left as they are. */
  stockHouse(items: { id: ItemId; itemId: CatalogueId }[]): Promise<void>;
}

const timeoutMs = 3000;
const breakerTo = (target: string) =>
  new Breaker({ service: 'marketplace', target, timeoutMs, errorPercent: 50, windowMs: 10_000, resetMs: 1000 });

/** The two over HTTP, each behind a circuit breaker. */
export class RemoteCounterparts implements Counterparts {
  private readonly wallet: ServiceClient;
  private readonly inventory: ServiceClient;
  private readonly walletBreaker = breakerTo('wallet');
  private readonly inventoryBreaker = breakerTo('inventory');

  constructor(walletUrls: readonly string[], inventoryUrls: readonly string[]) {
    this.wallet = new ServiceClient('wallet', walletUrls, timeoutMs);
    this.inventory = new ServiceClient('inventory', inventoryUrls, timeoutMs);
  }

  walletOf(playerId: PlayerId): Promise<Wallet> {
    return this.walletBreaker.call(() => this.wallet.ask(internalRoutes.walletOf, { params: { playerId } }));
  }

  itemOf(id: ItemId): Promise<OwnedItem> {
    return this.inventoryBreaker.call(() => this.inventory.ask(internalRoutes.itemOf, { params: { id } }));
  }

  /** Without the breaker: no player waits for it. */
  stockHouse(items: { id: ItemId; itemId: CatalogueId }[]): Promise<void> {
    return this.inventory.ask(internalRoutes.stockHouse, { body: { items } });
  }
}
