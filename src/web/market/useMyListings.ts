'use client';

import type { Listing } from '../../contracts/economy.ts';
import { resources } from '../session/resources.ts';
import { useResource } from '../session/useResource.ts';

/** What the player has for sale now. */
export function useMyListings(): Listing[] {
  const { data } = useResource(resources.listings, { query: { mine: true, limit: 100 } });
  return data?.items.filter(({ status }) => status === 'ACTIVE' || status === 'RESERVED') ?? [];
}
