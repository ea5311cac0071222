'use client';

import { useEffect, useId, useRef } from 'react';
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

/** What of the market is shown. */
export function Filters({ itemType, minPrice, maxPrice, sort, change }: FiltersProps) {
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
      <PriceField label="From" value={minPrice} settle={(price) => change({ minPrice: price })} />
      <PriceField label="Up to" value={maxPrice} settle={(price) => change({ maxPrice: price })} />
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

interface PriceFieldProps {
  label: string;
  value: number | undefined;
  settle: (price: string) => void;
}

/** A price counts when it is typed to the end: with Enter, or when the field is left. */
function PriceField({ label, value, settle }: PriceFieldProps) {
  const id = useId();
  const input = useRef<HTMLInputElement>(null);
  useEffect(() => {
    if (input.current !== null) input.current.value = String(value ?? '');
  }, [value]);
  const read = () => {
    const digits = input.current?.value.replaceAll(/\D/g, '') ?? '';
    if (digits !== String(value ?? '')) settle(digits);
  };
  return (
    <div className={styles['field']}>
      <label htmlFor={id}>{label}</label>
      <input
        id={id}
        ref={input}
        type="text"
        inputMode="numeric"
        autoComplete="off"
        placeholder="any"
        onBlur={read}
        onKeyDown={(event) => {
          if (event.key === 'Enter') read();
        }}
      />
    </div>
  );
}
