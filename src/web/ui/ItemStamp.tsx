import type { CatalogueId, ItemDescription, Rarity } from '../../contracts/items.ts';
import styles from './ItemStamp.module.css';
import { Sword } from './Sword.tsx';

/** The ink of each rarity, as the seats have it. */
const inks: Record<Rarity, number> = { common: 5, uncommon: 1, rare: 3 };
const rarities: Record<CatalogueId, Rarity> = { iron_sword: 'common', steel_sword: 'uncommon', rare_sword_01: 'rare' };

export function ItemStamp({ item, level = 'h3' }: { item: ItemDescription; level?: 'h2' | 'h3' }) {
  const Heading = level;
  return (
    <div className={styles['stamp']} data-seat={inks[item.rarity]}>
      <div className={styles['picture']}>
        <Sword kind={item.itemId} />
        <p className={styles['worth']}>
          +{item.damage} <small>damage</small>
        </p>
      </div>
      <div className={styles['caption']}>
        <Heading>{item.name}</Heading>
        <span className={styles['rarity']}>{item.rarity}</span>
      </div>
    </div>
  );
}

/** Beside words that name it. */
export function SmallItem({ kind }: { kind: CatalogueId }) {
  return (
    <span className={styles['small']} data-seat={inks[rarities[kind]]}>
      <Sword kind={kind} />
    </span>
  );
}
