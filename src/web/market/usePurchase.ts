'use client';

import { useEffect, useRef, useState } from 'react';
import type { Listing } from '../../contracts/economy.ts';
import { routes } from '../../contracts/routes.ts';
import { useWitness } from '../mail/mail.ts';
import { call } from '../session/client.ts';
import { refreshSoon } from '../session/resources.ts';
import { uuid } from '../session/storage.ts';
import { buy } from './purchase.ts';
import type { Purchase } from './purchase.ts';

/** Buys a listing when told to. One purchase has one key: told twice, it is still one. */
export function usePurchase({ listingId }: Listing): [Purchase | null, () => void] {
  const [purchase, tell] = useState<Purchase | null>(null);
  const watched = useRef(true);
  const begun = useRef(false);
  useEffect(() => {
    watched.current = true;
    return () => {
      watched.current = false;
    };
  }, []);
  useWitness(purchase?.phase === 'trading' ? purchase.tradeId : null);

  const start = () => {
    if (begun.current) return;
    begun.current = true;
    const headers = { 'x-idempotency-key': uuid() };
    const work = buy({
      order: () => call(routes.requestTrade, { headers, body: { listingId } }),
      look: (id) => call(routes.getTrade, { params: { id } }),
      wait: (ms) => new Promise((resume) => setTimeout(resume, ms)),
      tell,
      watched: () => watched.current,
    });
    void work.finally(() => refreshSoon('wallet', 'ledger', 'inventory', 'listings', 'trades'));
  };
  return [purchase, start];
}
