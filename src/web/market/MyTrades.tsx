'use client';

import type { Trade } from '../../contracts/economy.ts';
import { resources } from '../session/resources.ts';
import { useResource } from '../session/useResource.ts';
import { pageOf, useAddress } from '../ui/address.ts';
import { Coins } from '../ui/Coins.tsx';
import { dayAndTime } from '../ui/format.ts';
import { SmallItem } from '../ui/ItemStamp.tsx';
import { Empty, Loaded } from '../ui/Loaded.tsx';
import { Pager } from '../ui/Pager.tsx';
import styles from './Market.module.css';
import { gaveBack, sellerOf, stepsOf, undoing } from './steps.ts';

const perPage = 20;
/** For those that are under way. */
const refreshMs = 3_000;

/** What the player bought and sold, the newest first. */
export function MyTrades({ myId }: { myId: string }) {
  const [address, change] = useAddress();
  const page = pageOf(address);
  const trades = useResource(resources.trades, { query: { page, limit: perPage } }, { everyMs: refreshMs });
  return (
    <Loaded of={trades} what="your trades" blocks={4} high={76}>
      {({ items, total }) =>
        items.length === 0 ? (
          <Empty
            title="No trades yet"
            text="What you buy and sell is listed here, with how it went."
            action={{ href: '/market', label: 'See what is for sale' }}
          />
        ) : (
          <>
            <ul className={styles['rows']} aria-label="My trades">
              {items.map((trade) => (
                <Row key={trade.tradeId} trade={trade} bought={trade.buyerId === myId} />
              ))}
            </ul>
            <Pager
              page={page}
              total={total}
              perPage={perPage}
              turn={(to) => change({ page: to })}
              words={['Newer', 'Older']}
            />
          </>
        )
      }
    </Loaded>
  );
}

function Row({ trade, bought }: { trade: Trade; bought: boolean }) {
  const { item, price, fee, status, createdAt, buyerName, sellerName } = trade;
  return (
    <li className={styles['row']} data-over={status === 'FAILED' || undefined}>
      <SmallItem kind={item.itemId} />
      <p>
        <strong>{item.name}</strong>
        <span className={styles['note']}>
          {bought ? `from ${sellerOf(sellerName)}` : `to ${buyerName}`} ·{' '}
          <time dateTime={createdAt}>{dayAndTime(createdAt)}</time>
        </span>
        <span className={styles['note']}>{howItWent(trade, bought)}</span>
      </p>
      <p className={styles['sum']}>
        {status === 'FAILED' ? 'called off' : <Coins amount={bought ? -price : price - fee} signed />}
      </p>
    </li>
  );
}

function howItWent(trade: Trade, bought: boolean): string {
  const { status, sagaState, failure, item } = trade;
  if (status === 'COMPLETED') return bought ? 'It is yours.' : 'Sold; the house has had its share.';
  if (status === 'FAILED') {
    return bought ? gaveBack(failure ?? 'TIMED_OUT', trade) : 'It fell through; the sword stayed yours.';
  }
  const terms = { ...trade, itemName: item.name };
  const now = undoing(sagaState, terms) ?? stepsOf(sagaState, terms).find(({ state }) => state === 'now')?.text;
  return bought && now !== undefined ? now : 'Under way …';
}
