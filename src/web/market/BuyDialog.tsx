'use client';

import Link from 'next/link';
import type { Listing } from '../../contracts/economy.ts';
import { Coins } from '../ui/Coins.tsx';
import { Dialog } from '../ui/Dialog.tsx';
import { SmallItem } from '../ui/ItemStamp.tsx';
import { WhyButton } from '../ui/WhyButton.tsx';
import styles from './Market.module.css';
import type { Purchase } from './purchase.ts';
import { gaveBack, sellerOf } from './steps.ts';
import { Tracking } from './Tracking.tsx';
import { usePurchase } from './usePurchase.ts';
import { whyNot, worthTo } from './worth.ts';

interface BuyDialogProps {
  listing: Listing;
  best: number | null;
  free: number | null;
  closed: () => void;
}

/** A purchase, from the question to the sword, or to what was given back. */
export function BuyDialog({ listing, best, free, closed }: BuyDialogProps) {
  const [purchase, start] = usePurchase(listing);
  const { item, sellerName } = listing;
  return (
    <Dialog title={titleOf(purchase, item.name)} closed={closed}>
      {(close) => (
        <>
          <div className={styles['goods']}>
            <SmallItem kind={item.itemId} />
            <p>
              <strong>{item.name}</strong> from {sellerOf(sellerName)}
              <br />
              {best !== null && <span className={styles['note']}>{worthTo(best, item.damage).text}</span>}
            </p>
            <p className={styles['price']}>
              <Coins amount={listing.price} />
            </p>
          </div>
          {purchase === null && <Question listing={listing} free={free} start={start} />}
          {purchase !== null && <Progress purchase={purchase} listing={listing} close={close} />}
        </>
      )}
    </Dialog>
  );
}

function titleOf(purchase: Purchase | null, name: string): string {
  if (purchase === null) return `Buy the ${name.toLowerCase()}?`;
  if (purchase.phase === 'refused') return 'Not bought';
  if (purchase.phase === 'ordering') return 'On its way';
  const status = purchase.trade?.status ?? 'PENDING';
  return { PENDING: 'On its way', COMPLETED: 'It is yours', FAILED: 'Not bought' }[status];
}

function Question({ listing, free, start }: { listing: Listing; free: number | null; start: () => void }) {
  const why = whyNot({ ...listing, mine: false }, free);
  return (
    <>
      {free !== null && why === null && (
        <p className={styles['note']}>
          You have <Coins amount={free} /> free, and <Coins amount={free - listing.price} /> after it.
        </p>
      )}
      <WhyButton why={why} press={start}>
        Buy it
      </WhyButton>
    </>
  );
}

interface ProgressProps {
  purchase: Purchase;
  listing: Listing;
  close: () => void;
}

function Progress({ purchase, listing, close }: ProgressProps) {
  if (purchase.phase === 'refused') {
    return (
      <>
        <p className={styles['failed']} role="alert">
          {purchase.why}
        </p>
        <WhyButton quiet why={null} press={close}>
          Back to the market
        </WhyButton>
      </>
    );
  }
  const trade = purchase.phase === 'trading' ? purchase.trade : null;
  if (trade?.status === 'FAILED') {
    return (
      <>
        <p className={styles['failed']} role="alert">
          {gaveBack(trade.failure ?? 'TIMED_OUT', trade)}
        </p>
        <WhyButton quiet why={null} press={close}>
          Back to the market
        </WhyButton>
      </>
    );
  }
  return (
    <>
      <Tracking state={trade?.sagaState ?? 'INITIATED'} listing={listing} ordered={purchase.phase === 'trading'} />
      {purchase.lost && (
        <p className={styles['note']} role="status">
          The market is hard to reach just now. Your order is safe; we keep asking.
        </p>
      )}
      {trade?.status === 'COMPLETED' ? (
        <Link className={styles['done']} href="/inventory">
          Look at it
        </Link>
      ) : (
        <p className={styles['note']}>You may close this: the trade goes on, and you are told how it ends.</p>
      )}
    </>
  );
}
