'use client';

import { useState } from 'react';
import type { Listing } from '../../contracts/economy.ts';
import { routes } from '../../contracts/routes.ts';
import { call } from '../session/client.ts';
import { explain } from '../session/failure.ts';
import { refreshSoon } from '../session/resources.ts';
import { WhyButton } from '../ui/WhyButton.tsx';
import styles from './Market.module.css';

/** Takes an item off the market, as long as nobody is buying it. */
export function CancelOffer({ offer }: { offer: Listing }) {
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const cancel = () => {
    setBusy(true);
    setProblem(null);
    call(routes.cancelListing, { params: { id: offer.listingId } })
      .then(() => refreshSoon('listings', 'inventory'))
      .catch((failure: unknown) => {
        setProblem(explain(failure));
        setBusy(false);
      });
  };
  const why = offer.status === 'RESERVED' ? 'Somebody is buying it right now.' : busy ? 'One moment …' : null;
  return (
    <div>
      <WhyButton quiet why={why} press={cancel}>
        Take off the market<span className="sr-only">: {offer.item.name}</span>
      </WhyButton>
      {problem !== null && (
        <p className={styles['problem']} role="alert">
          {problem}
        </p>
      )}
    </div>
  );
}
