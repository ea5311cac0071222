'use client';

import { useSearchParams } from 'next/navigation';

/** What a page shows is in its address, so that it can be shared, kept and gone back from. */
export function useAddress(): [ReadonlyMap<string, string>, (changes: Record<string, string | number | null>) => void] {
  const params = new Map(useSearchParams());
  const change = (changes: Record<string, string | number | null>) => {
    const next = new URLSearchParams([...params]);
    for (const [name, value] of Object.entries(changes)) {
      if (value === null || value === '') next.delete(name);
      else next.set(name, String(value));
    }
    const query = next.size > 0 ? `?${next.toString()}` : '';
    window.history.pushState(null, '', `${window.location.pathname}${query}`);
  };
  return [params, change];
}

/** The page of a list, as the address has it. */
export function pageOf(params: ReadonlyMap<string, string>): number {
  const page = Number(params.get('page') ?? 1);
  return Number.isInteger(page) && page > 0 ? page : 1;
}
