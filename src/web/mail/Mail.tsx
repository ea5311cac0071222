'use client';

import { useEffect } from 'react';
import { useAccount } from '../session/account.ts';
import { mailbox } from './mail.ts';
import { Toasts } from './Toasts.tsx';

/** One connection for as long as the page lives and somebody is signed in, whatever is shown. */
export function Mail() {
  const playerId = useAccount()?.playerId ?? null;
  useEffect(() => {
    mailbox.open(playerId);
    if (playerId === null) return;
    let close: (() => void) | null = null;
    let gone = false;
    // Its code comes after the page; without it the page does all but tell of news.
    import('./carrier.ts')
      .then(({ openCarrier }) => {
        if (!gone) close = openCarrier(mailbox);
      })
      .catch(() => undefined);
    return () => {
      gone = true;
      close?.();
    };
  }, [playerId]);
  return <Toasts myId={playerId ?? ''} />;
}
