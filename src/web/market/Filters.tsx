'use client';

import type { ListingQuery } from '../../contracts/economy.ts';
import { catalogue, CatalogueId } from '../../contracts/items.ts';
import styles from './Market.module.css';

type ListingSort = ListingQuery['sort'];

const sorts: Record<ListingSort, string> = {
  newest: 'Newest first',
  cheapest: 'Cheapest first',
  dearest: 'Dearest first',
};
const order: readonly ListingSort[] = ['newest', 'cheapest', 'dearest'];

interface FiltersProps {
  itemType: CatalogueId | undefined;
  minPrice: number | undefined;
  maxPrice: number | undefined;
  sort: ListingSort;
  change: (changes: Record<string, string | null>) => void;
}

/** What of the market is shown. Prices count when they are typed to the end. */
export function Filters({ itemType, minPrice, maxPrice, sort, change }: FiltersProps) {
  const price = (name: 'minPrice' | 'maxPrice', label: string, value: number | undefined) => {
    const settle = (text: string) => {
      const digits = text.replaceAll(/\D/g, '');
      if (digits !== String(value ?? '')) change({ [name]: digits });
    };
    return (
      <div className={styles['field']}>
        <label htmlFor={name}>{label}</label>
        <input
          id={name}
          type="text"
          inputMode="numeric"
          autoComplete="off"
          placeholder="any"
          defaultValue={value ?? ''}
          onBlur={({ target }) => settle(target.value)}
          onKeyDown={(event) => {
            if (event.key === 'Enter') settle(event.currentTarget.value);
          }}
        />
      </div>
    );
  };
  return (
    <div className={styles['filters']} role="search" aria-label="Market">
      <div className={styles['field']}>
        <label htmlFor="itemType">Sword</label>
        <select id="itemType" value={itemType ?? ''} onChange={({ target }) => change({ itemType: target.value })}>
          <option value="">All swords</option>
          {CatalogueId.options.map((id) => (
            <option key={id} value={id}>
              {catalogue[id].name} (+{catalogue[id].damage})
            </option>
          ))}
        </select>
      </div>
      {price('minPrice', 'From', minPrice)}
      {price('maxPrice', 'Up to', maxPrice)}
      <div className={styles['field']}>
        <label htmlFor="sort">Order</label>
        <select
          id="sort"
          value={sort}
          onChange={({ target }) => change({ sort: target.value === 'newest' ? null : target.value })}
        >
          {order.map((one) => (
            <option key={one} value={one}>
              {sorts[one]}
            </option>
          ))}
        </select>
      </div>
    </div>
  );
}
