'use client';

import { useState } from 'react';
import { ListingSort, Price } from '../../contracts/economy.ts';
import type { Listing } from '../../contracts/economy.ts';
import { CatalogueId } from '../../contracts/items.ts';
import { resources } from '../session/resources.ts';
import { useResource } from '../session/useResource.ts';
import { pageOf, useAddress } from '../ui/address.ts';
import { Empty, Loaded } from '../ui/Loaded.tsx';
import { Pager } from '../ui/Pager.tsx';
import { usePurse } from '../wallet/usePurse.ts';
import { BuyDialog } from './BuyDialog.tsx';
import { Filters } from './Filters.tsx';
import { ListingCard } from './ListingCard.tsx';
import styles from './Market.module.css';

const perPage = 24;
/** Others buy and sell meanwhile. */
const refreshMs = 10_000;

/** What is for sale, as the address filters and sorts it. */
export function Stall({ myId }: { myId: string }) {
  const [address, change] = useAddress();
  const itemType = CatalogueId.safeParse(address.get('itemType')).data;
  const minPrice = Price.safeParse(Number(address.get('minPrice'))).data;
  const maxPrice = Price.safeParse(Number(address.get('maxPrice'))).data;
  const sort = ListingSort.safeParse(address.get('sort')).data ?? 'newest';
  const page = pageOf(address);
  const filters = {
    ...(itemType === undefined ? {} : { itemType }),
    ...(minPrice === undefined ? {} : { minPrice }),
    ...(maxPrice === undefined ? {} : { maxPrice }),
  };
  const listings = useResource(
    resources.listings,
    { query: { ...filters, sort, page, limit: perPage } },
    { everyMs: refreshMs },
  );
  const strongest = useResource(resources.inventory, { query: { page: 1, limit: 1 } });
  const best = strongest.data === null ? null : (strongest.data.items[0]?.damage ?? 0);
  const { free } = usePurse();
  const [buying, buy] = useState<Listing | null>(null);
  const filtered = Object.keys(filters).length > 0;

  return (
    <>
      <Filters
        itemType={itemType}
        minPrice={minPrice}
        maxPrice={maxPrice}
        sort={sort}
        change={(changes) => change({ ...changes, page: null })}
      />
      <Loaded of={listings} what="the market" blocks={3} high={340}>
        {({ items, total }) =>
          items.length === 0 ? (
            <Empty
              title={filtered ? 'Nothing like that' : 'Sold out'}
              text={
                filtered ? 'Nobody sells one within these limits.' : 'Nobody sells anything now. Your swords would.'
              }
              action={
                filtered
                  ? { href: '/market', label: 'Show everything' }
                  : { href: '/inventory', label: 'Sell something' }
              }
            />
          ) : (
            <>
              <ul className={styles['stall']} aria-label="For sale">
                {items.map((listing) => (
                  <ListingCard
                    key={listing.listingId}
                    listing={listing}
                    mine={listing.sellerId === myId}
                    best={best}
                    free={free}
                    buy={() => buy(listing)}
                  />
                ))}
              </ul>
              <Pager page={page} total={total} perPage={perPage} turn={(to) => change({ page: to })} />
            </>
          )
        }
      </Loaded>
      {buying !== null && (
        <BuyDialog key={buying.listingId} listing={buying} best={best} free={free} closed={() => buy(null)} />
      )}
    </>
  );
}
