import { z } from 'zod';

/** Every kind of item there is. Rarer is stronger. */
export const catalogue = {
  iron_sword: { name: 'Iron sword', type: 'weapon', rarity: 'common', damage: 5 },
  steel_sword: { name: 'Steel sword', type: 'weapon', rarity: 'uncommon', damage: 10 },
  rare_sword_01: { name: 'Rare sword', type: 'weapon', rarity: 'rare', damage: 20 },
} as const;

export const CatalogueId = z.enum(['iron_sword', 'steel_sword', 'rare_sword_01']);
export type CatalogueId = z.infer<typeof CatalogueId>;
export const Rarity = z.enum(['common', 'uncommon', 'rare']);
export type Rarity = z.infer<typeof Rarity>;

/** What an item is, in words and numbers; `damage` is added to each attack. */
export const ItemDescription = z.object({
  itemId: CatalogueId,
  name: z.string(),
  type: z.literal('weapon'),
  rarity: Rarity,
  damage: z.int().nonnegative(),
});
export type ItemDescription = z.infer<typeof ItemDescription>;

export const describeItem = (itemId: CatalogueId): ItemDescription => ({ itemId, ...catalogue[itemId] });
