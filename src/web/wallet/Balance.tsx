import type { Wallet } from '../../contracts/economy.ts';
import { Coin, Coins, Stamp } from '../ui/Coins.tsx';
import { count, several } from '../ui/format.ts';
import styles from './Wallet.module.css';

/** So many stamps are drawn; the number beside them counts all. */
const drawn = 12;

/** The cover of the savings book: money on the left, the sheet of stamps on the right. */
export function Balance({ wallet: { balance, heldAmount, stampBalance } }: { wallet: Wallet }) {
  return (
    <section className={styles['cover']} aria-label="Balance">
      <div>
        <h2>Coins</h2>
        <p className={styles['balance']}>
          <Coin />
          {count(balance)}
        </p>
        <p className={styles['note']}>
          {heldAmount > 0 ? (
            <>
              <Coins amount={heldAmount} /> put aside for a trade under way, <Coins amount={balance - heldAmount} />{' '}
              free to spend.
            </>
          ) : (
            'All of it is free to spend.'
          )}
        </p>
      </div>
      <div>
        <h2>Stamps</h2>
        <div className={styles['stamps']}>
          <p className={styles['balance']}>{count(stampBalance)}</p>
          <span className={styles['sheet']} aria-hidden="true">
            {Array.from({ length: Math.min(stampBalance, drawn) }, (_, nth) => (
              <Stamp key={nth} />
            ))}
          </span>
        </div>
        <p className={styles['note']}>
          {stampBalance === 0
            ? 'Each seals one action in a match. Win or survive one to get some.'
            : `Enough to seal ${several(stampBalance, 'action')}: a blow through shields, a leap of two tiles.`}
        </p>
      </div>
    </section>
  );
}
