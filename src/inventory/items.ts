import type { Page } from '../contracts/api.ts';
import type { Inventory } from '../contracts/economy.ts';
import type { OwnedItem } from '../contracts/internal.ts';
import type { ItemId, PlayerId } from '../contracts/ids.ts';
import { catalogue, CatalogueId, describeItem } from '../contracts/items.ts';
import type { Database } from '../platform/database/database.ts';
import { ApiError } from '../platform/errors.ts';

/** Every kind of item, the strongest first. */
const byDamage = CatalogueId.options.toSorted((a, b) => catalogue[b].damage - catalogue[a].damage);

/** What is asked about items. */
export class Items {
  private readonly database: Database;

  constructor(database: Database) {
    this.database = database;
  }

  /** A player's items, the strongest first. */
  async ownedBy(playerId: PlayerId, { page, limit }: Page): Promise<Inventory> {
    const [count] = await this.database.query<{ total: number }>(
      { name: 'items-count', text: 'select count(*)::int as total from items where owner_id = $1' },
      [playerId],
    );
    const rows = await this.database.query<{ id: ItemId; item_id: CatalogueId; locked: boolean; acquired_at: Date }>(
      {
        name: 'items-of-player',
        text: `select id, item_id, locked_by is not null as locked, acquired_at from items where owner_id = $1
               order by array_position($2::text[], item_id), acquired_at desc, id limit $3 offset $4`,
      },
      [playerId, byDamage, limit, (page - 1) * limit],
    );
    const items = rows.map(({ id, item_id, locked, acquired_at }) => ({
      id,
      ...describeItem(item_id),
      locked,
      acquiredAt: acquired_at.toISOString(),
    }));
    return { items, total: count?.total ?? 0, page };
  }

  /** @throws ITEM_NOT_FOUND */
  async find(id: ItemId): Promise<OwnedItem> {
    const [item] = await this.database.query<{ item_id: CatalogueId; owner_id: PlayerId; locked: boolean }>(
      { name: 'item', text: 'select item_id, owner_id, locked_by is not null as locked from items where id = $1' },
      [id],
    );
    if (!item) throw new ApiError('ITEM_NOT_FOUND', 'There is no item with this id.');
    return { id, ...describeItem(item.item_id), ownerId: item.owner_id, locked: item.locked };
  }

  /** The best sword of each player that no trade has locked; who has none is left out. */
  async weapons(playerIds: PlayerId[]): Promise<{ playerId: PlayerId; itemId: CatalogueId; damage: number }[]> {
    const rows = await this.database.query<{ player_id: PlayerId; item_id: CatalogueId }>(
      {
        name: 'items-weapons',
        // A look into the index for each kind, however many a player owns.
        text: `select player_id, best.item_id from unnest($1::uuid[]) as p(player_id) cross join lateral (
                 select kind.item_id from unnest($2::text[]) with ordinality as kind(item_id, place) cross join lateral (
                   select from items i
                   where i.owner_id = player_id and i.item_id = kind.item_id and i.locked_by is null limit 1
                 ) one order by place limit 1
               ) best`,
      },
      [playerIds, byDamage],
    );
    return rows.map(({ player_id, item_id }) => ({
      playerId: player_id,
      itemId: item_id,
      damage: catalogue[item_id].damage,
    }));
  }
}
