'use client';

import Link from 'next/link';
import { usePathname } from 'next/navigation';
import { Bell } from '../mail/Bell.tsx';
import { useAccount } from '../session/account.ts';
import { usePurse } from '../wallet/usePurse.ts';
import { Coins, Stamps } from './Coins.tsx';
import styles from './Header.module.css';
import { Icon } from './Icon.tsx';
import type { IconName } from './Icon.tsx';
import { SoundToggle, ThemeToggle } from './toggles.tsx';

/** `short`: as a phone has room for it. `open`: there for who is not signed in, too. */
const places: readonly { href: string; label: string; short?: string; icon: IconName; open: boolean }[] = [
  { href: '/', label: 'Play', icon: 'play', open: true },
  { href: '/market', label: 'Market', icon: 'market', open: false },
  { href: '/inventory', label: 'Inventory', icon: 'items', open: false },
  { href: '/leaderboard', label: 'Leaderboard', short: 'Ranks', icon: 'ranks', open: true },
  { href: '/matches', label: 'Matches', icon: 'matches', open: false },
];

/** Above on a wide page, below within thumb's reach on a phone; out of the way during a match there. */
export function Header() {
  const path = usePathname();
  const account = useAccount();
  return (
    <header className={styles['header']} data-player={account ? true : undefined}>
      <Link className={styles['brand']} href="/" aria-label="Idempo, front page">
        <svg viewBox="0 0 32 32" width="28" height="28" aria-hidden="true">
          <path
            fill="var(--press)"
            d="M2 2h3.5a2.5 2.5 0 0 0 5 0h3a2.5 2.5 0 0 0 5 0h3a2.5 2.5 0 0 0 5 0H30v28h-3.5a2.5 2.5 0 0 0-5 0h-3a2.5 2.5 0 0 0-5 0h-3a2.5 2.5 0 0 0-5 0H2z"
          />
          <ellipse cx="12" cy="15" rx="3.6" ry="4.8" fill="#fff" />
          <ellipse cx="20" cy="15" rx="3.6" ry="4.8" fill="#fff" />
          <circle cx="13" cy="15.5" r="1.9" fill="#12163a" />
          <circle cx="21" cy="15.5" r="1.9" fill="#12163a" />
        </svg>
        <span>Idempo</span>
      </Link>
      {account !== undefined && (
        <nav className={styles['places']} aria-label="Main">
          {places
            .filter(({ open }) => open || account !== null)
            .map(({ href, label, short, icon }) => (
              <Link key={href} href={href} aria-current={path === href ? 'page' : undefined}>
                <Icon name={icon} size={18} />
                <span className={styles['long']}>{label}</span>
                <span className={styles['short']}>{short ?? label}</span>
              </Link>
            ))}
        </nav>
      )}
      <div className={styles['end']}>
        {account === null && (
          <Link className={styles['signIn']} href="/sign-in">
            Sign in
          </Link>
        )}
        {account && (
          <>
            <Purse here={path === '/wallet'} />
            <Bell />
            <Link
              className={styles['name']}
              href="/account"
              aria-label={`Account of ${account.username}`}
              aria-current={path === '/account' ? 'page' : undefined}
            >
              <Icon name="account" />
              <span>{account.username}</span>
            </Link>
          </>
        )}
        <span className={styles['toggles']}>
          <SoundToggle />
          <ThemeToggle />
        </span>
      </div>
    </header>
  );
}

/** What the player has, and the way to the wallet. */
function Purse({ here }: { here: boolean }) {
  const { data } = usePurse();
  return (
    <Link className={styles['purse']} href="/wallet" aria-current={here ? 'page' : undefined}>
      <span className="sr-only">Wallet: </span>
      {data === null ? (
        <Icon name="coin" />
      ) : (
        <>
          <Coins amount={data.balance} />
          <Stamps amount={data.stampBalance} />
        </>
      )}
    </Link>
  );
}
