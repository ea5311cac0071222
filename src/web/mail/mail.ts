'use client';

import { useEffect, useSyncExternalStore } from 'react';
import type { Notification } from '../../contracts/economy.ts';
import { refreshSoon } from '../session/resources.ts';
import { storage } from '../session/storage.ts';
import { sound } from '../sound/mute.ts';
import { createMailbox, emptyMailbox } from './mailbox.ts';
import type { MailboxState } from './mailbox.ts';

function news(letter: Notification): void {
  switch (letter.type) {
    case 'reward.granted':
      refreshSoon('wallet', 'ledger', 'inventory', 'myRank', 'top100');
      return;
    case 'trade.completed':
      sound('sale');
      refreshSoon('wallet', 'ledger', 'inventory', 'listings', 'trades');
      return;
    case 'trade.failed':
      refreshSoon('wallet', 'ledger', 'inventory', 'listings', 'trades');
      return;
    case 'match.finished':
    case 'match.cancelled':
      refreshSoon('matches');
  }
}

/** The mailbox of who is signed in. */
export const mailbox = createMailbox({ storage, news });

export const useMailbox = (): MailboxState =>
  useSyncExternalStore(mailbox.subscribe, mailbox.state, () => emptyMailbox);

/** This page shows itself what happens to a match or a trade: no toast about it. */
export function useWitness(subject: string | null): void {
  useEffect(() => (subject === null ? undefined : mailbox.watch(subject)), [subject]);
}
