'use client';

import Link from 'next/link';
import { usePathname } from 'next/navigation';
import { useAccount } from '../session/account.ts';
import styles from './Header.module.css';
import { Icon } from './Icon.tsx';
import type { IconName } from './Icon.tsx';
import { SoundToggle, ThemeToggle } from './toggles.tsx';

const places: readonly { href: string; label: string; icon: IconName }[] = [
  { href: '/', label: 'Play', icon: 'play' },
  { href: '/matches', label: 'Matches', icon: 'matches' },
  { href: '/account', label: 'Account', icon: 'account' },
];

/** Above on a wide page, below within thumb's reach on a phone; out of the way during a match there. */
export function Header() {
  const path = usePathname();
  const account = useAccount();
  return (
    <header className={styles['header']}>
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
      {account && (
        <nav className={styles['places']} aria-label="Main">
          {places.map(({ href, label, icon }) => (
            <Link key={href} href={href} aria-current={path === href ? 'page' : undefined}>
              <Icon name={icon} size={18} />
              {label}
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
        {account && <span className={styles['name']}>{account.username}</span>}
        <SoundToggle />
        <ThemeToggle />
      </div>
    </header>
  );
}
