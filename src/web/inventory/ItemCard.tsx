import type { InventoryItem, Listing } from '../../contracts/economy.ts';
import { CancelOffer } from '../market/CancelOffer.tsx';
import { Coins } from '../ui/Coins.tsx';
import { ItemStamp } from '../ui/ItemStamp.tsx';
import { WhyButton } from '../ui/WhyButton.tsx';
import styles from './Inventory.module.css';

interface ItemCardProps {
  item: InventoryItem;
  /** It is what the player fights with. */
  wielded: boolean;
  /** What it is on the market for. */
  offer: Listing | null;
  sell: () => void;
}

export function ItemCard({ item, wielded, offer, sell }: ItemCardProps) {
  return (
    <li className={styles['card']}>
      <ItemStamp item={item} level="h2" />
      <p className={styles['state']}>
        {item.locked ? (
          'Being traded'
        ) : offer !== null ? (
          <>
            For sale at <Coins amount={offer.price} />
          </>
        ) : wielded ? (
          <strong>Your weapon</strong>
        ) : (
          'In your album'
        )}
      </p>
      {offer !== null && !item.locked ? (
        <CancelOffer offer={offer} />
      ) : (
        <WhyButton quiet why={item.locked ? 'A trade under way holds it.' : null} press={sell}>
          Sell <span className="sr-only">{item.name}</span>
        </WhyButton>
      )}
    </li>
  );
}
