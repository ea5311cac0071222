'use client';

import Link from 'next/link';
import { TransactionType } from '../../contracts/economy.ts';
import type { LedgerEntry } from '../../contracts/economy.ts';
import { resources } from '../session/resources.ts';
import { useResource } from '../session/useResource.ts';
import { pageOf, useAddress } from '../ui/address.ts';
import { Coins, Stamps } from '../ui/Coins.tsx';
import { dayAndTime } from '../ui/format.ts';
import { Empty, Loaded } from '../ui/Loaded.tsx';
import { Pager } from '../ui/Pager.tsx';
import styles from './Wallet.module.css';
import { kinds, placeOf } from './words.ts';

const perPage = 20;

/** The lines of the book, the newest first; of all kinds or of one. */
export function Ledger() {
  const [address, change] = useAddress();
  const type = TransactionType.safeParse(address.get('type')).data ?? null;
  const page = pageOf(address);
  const ledger = useResource(resources.ledger, {
    query: { page, limit: perPage, ...(type === null ? {} : { type }) },
  });
  return (
    <section aria-labelledby="ledger">
      <div className={styles['bar']}>
        <h2 id="ledger">Ledger</h2>
        <div className={styles['field']}>
          <label htmlFor="kind">Show</label>
          <select id="kind" value={type ?? ''} onChange={({ target }) => change({ type: target.value, page: null })}>
            <option value="">Everything</option>
            {TransactionType.options.map((kind) => (
              <option key={kind} value={kind}>
                {kinds[kind].all}
              </option>
            ))}
          </select>
        </div>
      </div>
      <Loaded of={ledger} what="your ledger" blocks={6} high={52}>
        {({ items, total }) =>
          items.length === 0 ? (
            <Empty
              title={type === null ? 'Not a line yet' : `No ${kinds[type].all.toLowerCase()}`}
              text={
                type === null
                  ? 'Every match pays something; what you carry is yours.'
                  : 'Nothing of this kind has happened.'
              }
              {...(type === null ? { action: { href: '/play', label: 'Find a match' } } : {})}
            />
          ) : (
            <>
              <table className={styles['ledger']}>
                <thead>
                  <tr>
                    <th scope="col">When</th>
                    <th scope="col">What</th>
                    <th scope="col">Amount</th>
                    <th scope="col">After it</th>
                  </tr>
                </thead>
                <tbody>
                  {items.map((entry) => (
                    <Line key={entry.id} entry={entry} />
                  ))}
                </tbody>
              </table>
              <Pager
                page={page}
                total={total}
                perPage={perPage}
                turn={(to) => change({ page: to })}
                words={['Newer', 'Older']}
              />
            </>
          )
        }
      </Loaded>
    </section>
  );
}

function Line({ entry }: { entry: LedgerEntry }) {
  const { type, asset, amount, balanceAfter, createdAt } = entry;
  const Asset = asset === 'CURRENCY' ? Coins : Stamps;
  const place = placeOf(entry);
  return (
    <tr>
      <td className={styles['when']}>
        <time dateTime={createdAt}>{dayAndTime(createdAt)}</time>
      </td>
      <td className={styles['what']}>
        {place === null ? kinds[type].one : <Link href={place}>{kinds[type].one}</Link>}
      </td>
      <td className={styles['amount']} data-gain={amount > 0 || undefined}>
        <Asset amount={amount} signed />
      </td>
      <td className={styles['after']}>
        <Asset amount={balanceAfter} />
      </td>
    </tr>
  );
}
