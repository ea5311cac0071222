'use client';

import Link from 'next/link';
import { SignedIn } from '../session/SignedIn.tsx';
import { useAddress } from '../ui/address.ts';
import { Page } from '../ui/Page.tsx';
import styles from './Market.module.css';
import { MyOffers } from './MyOffers.tsx';
import { MyTrades } from './MyTrades.tsx';
import { Stall } from './Stall.tsx';

const views = [
  { view: null, href: '/market', label: 'For sale' },
  { view: 'offers', href: '/market?view=offers', label: 'My offers' },
  { view: 'trades', href: '/market?view=trades', label: 'My trades' },
] as const;

/** Swords for coins, between players. */
export function MarketPage() {
  return <SignedIn>{({ playerId }) => <Market myId={playerId} />}</SignedIn>;
}

function Market({ myId }: { myId: string }) {
  const [address] = useAddress();
  const view = views.find((one) => one.view === address.get('view'))?.view ?? null;
  return (
    <Page
      title="Market"
      beside={
        <nav className={styles['views']} aria-label="Market">
          {views.map((one) => (
            <Link key={one.href} href={one.href} aria-current={one.view === view ? 'page' : undefined}>
              {one.label}
            </Link>
          ))}
        </nav>
      }
    >
      {view === null && <Stall myId={myId} />}
      {view === 'offers' && <MyOffers />}
      {view === 'trades' && <MyTrades myId={myId} />}
    </Page>
  );
}
