'use client';

import type { ReactNode } from 'react';
import { Announcement } from '../ui/Announcement.tsx';
import { useAccount } from './account.ts';
import type { Account } from './sessions.ts';

/** A page for who is signed in, guest or not; the others are told so. */
export function SignedIn({ children }: { children: (account: Account) => ReactNode }) {
  const account = useAccount();
  if (account === undefined) return <Announcement title="One moment" />;
  if (account === null) {
    return (
      <Announcement
        title="Nobody is signed in"
        text="Play as a guest, or sign in."
        action={{ href: '/', label: 'To the front page' }}
      />
    );
  }
  return children(account);
}
