'use client';

import { useRef, useState } from 'react';
import type { SubmitEvent } from 'react';
import { Price } from '../../contracts/economy.ts';
import type { InventoryItem } from '../../contracts/economy.ts';
import { routes } from '../../contracts/routes.ts';
import { call } from '../session/client.ts';
import { explain } from '../session/failure.ts';
import { refreshSoon, resources } from '../session/resources.ts';
import { uuid } from '../session/storage.ts';
import { useResource } from '../session/useResource.ts';
import { Coins } from '../ui/Coins.tsx';
import { Dialog } from '../ui/Dialog.tsx';
import { count, several } from '../ui/format.ts';
import { SmallItem } from '../ui/ItemStamp.tsx';
import styles from './Inventory.module.css';

/** Puts an item on the market, with what the market says about its price. */
export function SellDialog({ item, closed }: { item: InventoryItem; closed: () => void }) {
  const rivals = useResource(resources.listings, { query: { itemType: item.itemId, sort: 'cheapest', limit: 1 } });
  const [cheapest] = rivals.data?.items ?? [];
  /** Until something is typed, what the cheapest asks is proposed. */
  const [typed, setTyped] = useState<string | null>(null);
  const asked = typed ?? String(cheapest?.price ?? '');
  const [problem, setProblem] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  /** What is tried again has its key again. */
  const keys = useRef(new Map<number, string>());

  const submit = (close: () => void) => (event: SubmitEvent<HTMLFormElement>) => {
    event.preventDefault();
    const price = Price.safeParse(Number(new FormData(event.currentTarget).get('price')));
    if (!price.success) {
      setProblem('A price is a whole number from 1 to 1,000,000,000.');
      return;
    }
    setProblem(null);
    setBusy(true);
    const key = keys.current.get(price.data) ?? uuid();
    keys.current.set(price.data, key);
    call(routes.createListing, {
      headers: { 'x-idempotency-key': key },
      body: { itemId: item.id, price: price.data },
    })
      .then(() => {
        refreshSoon('listings');
        close();
      })
      .catch((failure: unknown) => {
        setProblem(explain(failure));
        setBusy(false);
      });
  };

  return (
    <Dialog title={`Sell your ${item.name.toLowerCase()}`} closed={closed}>
      {(close) => (
        <form className={styles['form']} onSubmit={submit(close)} noValidate>
          <div className={styles['about']}>
            <SmallItem kind={item.itemId} />
            <p>
              {cheapest === undefined ? (
                'Nobody else sells one now: the price is yours to make.'
              ) : (
                <>
                  The cheapest on the market asks <Coins amount={cheapest.price} />.
                  {cheapest.lastSales.length > 0 &&
                    ` The last ones went for ${cheapest.lastSales.map(count).join(', ')}.`}
                </>
              )}
            </p>
          </div>
          <div className={styles['field']}>
            <label htmlFor="price">Price in coins</label>
            <input
              id="price"
              name="price"
              type="text"
              inputMode="numeric"
              autoComplete="off"
              value={asked}
              onChange={({ target }) => {
                setTyped(target.value);
                setProblem(null);
              }}
              aria-invalid={problem !== null}
              aria-describedby="price-note"
            />
            <p
              id="price-note"
              className={problem === null ? styles['note'] : styles['problem']}
              role={problem === null ? undefined : 'alert'}
            >
              {problem ?? termsOf(asked, rivals.data?.feePercent)}
            </p>
          </div>
          <button type="submit" className={styles['submit']} disabled={busy}>
            Put it on the market
          </button>
        </form>
      )}
    </Dialog>
  );
}

/** What is left of a price for the seller. */
function termsOf(asked: string, feePercent: number | undefined): string {
  const price = Price.safeParse(Number(asked)).data;
  const until = 'Until it is sold, the sword stays in your hand.';
  if (price === undefined || feePercent === undefined) return until;
  const left = price - Math.floor((price * feePercent) / 100);
  return `The house keeps ${feePercent} %: ${several(left, 'coin')} for you. ${until}`;
}
