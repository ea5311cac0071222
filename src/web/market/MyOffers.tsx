'use client';

import type { Listing, ListingStatus } from '../../contracts/economy.ts';
import { resources } from '../session/resources.ts';
import { useResource } from '../session/useResource.ts';
import { pageOf, useAddress } from '../ui/address.ts';
import { Coins } from '../ui/Coins.tsx';
import { dayAndTime } from '../ui/format.ts';
import { SmallItem } from '../ui/ItemStamp.tsx';
import { Empty, Loaded } from '../ui/Loaded.tsx';
import { Pager } from '../ui/Pager.tsx';
import { CancelOffer } from './CancelOffer.tsx';
import styles from './Market.module.css';

const perPage = 20;
const words: Record<ListingStatus, string> = {
  ACTIVE: 'For sale',
  RESERVED: 'Being bought',
  SOLD: 'Sold',
  CANCELLED: 'Taken back',
};

/** What the player put on the market, and what became of it. */
export function MyOffers() {
  const [address, change] = useAddress();
  const page = pageOf(address);
  const offers = useResource(resources.listings, { query: { mine: true, page, limit: perPage } });
  return (
    <Loaded of={offers} what="your offers" blocks={4} high={76}>
      {({ items, total }) =>
        items.length === 0 ? (
          <Empty
            title="You sell nothing"
            text="A sword you do not fight with is worth coins to somebody."
            action={{ href: '/inventory', label: 'Choose one to sell' }}
          />
        ) : (
          <>
            <ul className={styles['rows']} aria-label="My offers">
              {items.map((offer) => (
                <Row key={offer.listingId} offer={offer} />
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

function Row({ offer }: { offer: Listing }) {
  const { item, price, status, createdAt } = offer;
  return (
    <li className={styles['row']} data-over={status === 'SOLD' || status === 'CANCELLED' || undefined}>
      <SmallItem kind={item.itemId} />
      <p>
        <strong>{item.name}</strong>
        <span className={styles['note']}>
          {words[status]} · <time dateTime={createdAt}>{dayAndTime(createdAt)}</time>
        </span>
      </p>
      <p className={styles['sum']}>
        <Coins amount={price} />
      </p>
      {(status === 'ACTIVE' || status === 'RESERVED') && <CancelOffer offer={offer} />}
    </li>
  );
}
