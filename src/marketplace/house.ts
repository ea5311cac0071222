import { houseName, systemAccounts } from '../contracts/economy.ts';
import { ItemId, ListingId } from '../contracts/ids.ts';
import { CatalogueId } from '../contracts/items.ts';
import type { Database } from '../platform/database/database.ts';
import { eventIdFrom } from '../platform/outbox/outbox.ts';
import { logger } from '../platform/telemetry/logger.ts';
import type { House } from './config.ts';
import type { Counterparts } from './counterparts.ts';

interface Stock {
  /** Items of the kind that inventory was, or is to be, asked for. */
  made: number;
  /** Those of them that have been listed. */
  listed: number;
}

const itemIdOf = (item: CatalogueId, n: number): ItemId => ItemId.parse(eventIdFrom('house item', item, String(n)));
const listingIdOf = (item: CatalogueId, n: number): ListingId =>
  ListingId.parse(eventIdFrom('house listing', item, String(n)));

/**
 * Keeps the market from being empty. The items of a kind are numbered, and their ids derived from the numbers: first
 * numbers are given out, then inventory makes the items, then they are listed. Who dies in between, or does it at the
 * same time as another replica, makes nothing twice.
 */
export class HouseStock {
  private readonly database: Database;
  private readonly counterparts: Counterparts;
  private readonly house: House;

  constructor(database: Database, counterparts: Counterparts, house: House) {
    this.database = database;
    this.counterparts = counterparts;
    this.house = house;
  }

  /** Lists what is missing. Any replica may call this at any time. */
  async fill(): Promise<void> {
    for (const item of CatalogueId.options) {
      const wanted = this.house[item];
      if (!wanted) continue;
      const stock = await this.reserve(item, wanted.listings);
      if (!stock) continue;
      const numbers = Array.from({ length: stock.made - stock.listed }, (_, index) => stock.listed + 1 + index);
      await this.counterparts.stockHouse(numbers.map((n) => ({ id: itemIdOf(item, n), itemId: item })));
      await this.list(item, numbers, wanted.price);
      logger.info({ item, listings: numbers.length }, 'the house lists');
    }
  }

  /** Gives out numbers for what is missing, on top of those that were not listed yet; undefined when there are none. */
  private async reserve(item: CatalogueId, wanted: number): Promise<Stock | undefined> {
    return this.database.transaction(async (transaction) => {
      await transaction.query(
        { name: 'house-kind', text: 'insert into house_stock (item) values ($1) on conflict do nothing' },
        [item],
      );
      // What is counted under the lock of the kind's row, no other replica counts.
      const [[stock], [count]] = await Promise.all([
        transaction.query<Stock>(
          { name: 'house-lock', text: 'select made, listed from house_stock where item = $1 for update' },
          [item],
        ),
        transaction.query<{ open: number }>(
          {
            name: 'house-open',
            text: `select count(*)::int as open from listings
                   where seller_id = $1 and item = $2 and status in ('ACTIVE', 'RESERVED')`,
          },
          [systemAccounts.house, item],
        ),
      ]);
      if (!stock || !count) throw new Error(`no stock of ${item}`);
      const made = Math.max(stock.made, stock.listed + wanted - count.open);
      if (made > stock.made) {
        transaction.send({ name: 'house-make', text: 'update house_stock set made = $2 where item = $1' }, [
          item,
          made,
        ]);
      }
      return made > stock.listed ? { made, listed: stock.listed } : undefined;
    });
  }

  private async list(item: CatalogueId, numbers: number[], price: number): Promise<void> {
    await this.database.transaction(async (transaction) => {
      await transaction.query(
        {
          name: 'house-list',
          text: `insert into listings (id, item_id, item, seller_id, seller_name, price)
                 select id, "itemId", $2, $3, $4, $5 from unnest($1::uuid[], $6::uuid[]) as n(id, "itemId")
                 on conflict do nothing`,
        },
        [
          numbers.map((n) => listingIdOf(item, n)),
          item,
          systemAccounts.house,
          houseName,
          price,
          numbers.map((n) => itemIdOf(item, n)),
        ],
      );
      await transaction.query(
        { name: 'house-listed', text: 'update house_stock set listed = greatest(listed, $2) where item = $1' },
        [item, Math.max(...numbers)],
      );
    });
  }
}
