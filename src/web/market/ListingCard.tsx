import type { Listing } from '../../contracts/economy.ts';
import { Coins } from '../ui/Coins.tsx';
import { count } from '../ui/format.ts';
import { ItemStamp } from '../ui/ItemStamp.tsx';
import { Piece } from '../ui/Piece.tsx';
import { seatOf } from '../ui/seat.ts';
import { WhyButton } from '../ui/WhyButton.tsx';
import styles from './Market.module.css';
import { whyNot, worthTo } from './worth.ts';

interface ListingCardProps {
  listing: Listing;
  mine: boolean;
  /** The damage of the player's best sword, 0 without one; null while it is not known. */
  best: number | null;
  free: number | null;
  buy: () => void;
}

export function ListingCard({ listing, mine, best, free, buy }: ListingCardProps) {
  const { item, price, sellerName, sellerId, status, lastSales } = listing;
  const worth = best === null || mine ? null : worthTo(best, item.damage);
  return (
    <li className={styles['card']}>
      <ItemStamp item={item} level="h2" />
      <div className={styles['line']}>
        <p className={styles['price']}>
          <Coins amount={price} />
        </p>
        {worth !== null && (
          <p className={styles['worth']} data-better={worth.better || undefined}>
            {worth.text}
          </p>
        )}
      </div>
      <div className={styles['line']}>
        <p className={styles['seller']}>
          <span className={styles['face']}>
            <Piece seat={seatOf(sellerId)} />
          </span>
          <span>
            <span className="sr-only">Sold by </span>
            {mine ? 'you' : sellerName}
          </span>
        </p>
        <p className={styles['sales']}>
          {lastSales.length === 0 ? 'None sold yet' : `Last ones: ${lastSales.slice(0, 3).map(count).join(', ')}`}
        </p>
      </div>
      <div className={styles['buy']}>
        <WhyButton quiet why={whyNot({ price, status, mine }, free)} press={buy}>
          Buy<span className="sr-only"> {`${item.name} for ${count(price)}`}</span>
        </WhyButton>
      </div>
    </li>
  );
}
