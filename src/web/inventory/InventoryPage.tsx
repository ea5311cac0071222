'use client';

import { useState } from 'react';
import type { InventoryItem, Listing } from '../../contracts/economy.ts';
import { useMyListings } from '../market/useMyListings.ts';
import { resources } from '../session/resources.ts';
import { SignedIn } from '../session/SignedIn.tsx';
import { useResource } from '../session/useResource.ts';
import { pageOf, useAddress } from '../ui/address.ts';
import { Empty, Loaded } from '../ui/Loaded.tsx';
import { Page } from '../ui/Page.tsx';
import { Pager } from '../ui/Pager.tsx';
import styles from './Inventory.module.css';
import { ItemCard } from './ItemCard.tsx';
import { SellDialog } from './SellDialog.tsx';

const perPage = 24;

/** All that the player owns, the strongest first, and the way to sell it. */
export function InventoryPage() {
  return <SignedIn>{() => <Album />}</SignedIn>;
}

function Album() {
  const [address, change] = useAddress();
  const page = pageOf(address);
  const inventory = useResource(resources.inventory, { query: { page, limit: perPage } });
  const offers = useMyListings();
  const [selling, sell] = useState<InventoryItem | null>(null);
  const wielded = page === 1 ? inventory.data?.items.find(({ locked }) => !locked)?.id : undefined;
  const offerOf = ({ id }: InventoryItem): Listing | null => offers.find(({ itemId }) => itemId === id) ?? null;
  return (
    <Page title="Inventory" lead="The best sword that no trade holds is your weapon when a match starts.">
      <Loaded of={inventory} what="your inventory" blocks={2} high={280}>
        {({ items, total }) =>
          items.length === 0 ? (
            <Empty
              title="An empty album"
              text="Winners are sent a sword. Or buy one with what your matches paid you."
              action={{ href: '/market', label: 'To the market' }}
            />
          ) : (
            <>
              <ul className={styles['album']} aria-label="Items">
                {items.map((item) => (
                  <ItemCard
                    key={item.id}
                    item={item}
                    wielded={item.id === wielded}
                    offer={offerOf(item)}
                    sell={() => sell(item)}
                  />
                ))}
              </ul>
              <Pager page={page} total={total} perPage={perPage} turn={(to) => change({ page: to })} />
            </>
          )
        }
      </Loaded>
      {selling !== null && <SellDialog item={selling} closed={() => sell(null)} />}
    </Page>
  );
}
