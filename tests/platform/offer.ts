import type { ApiClient } from '../../scripts/lib/load/client.ts';
import type { Listings } from '../../src/contracts/economy.ts';
import type { ListingId } from '../../src/contracts/ids.ts';
import { until } from './table.ts';

/** Something that can be bought: the house lists as soon as inventory is there, and that may be after all else is up. */
export const anOffer = (api: ApiClient, token: string): Promise<ListingId> =>
  until('something is for sale', async () => {
    const { body } = await api.call<Partial<Listings>>('GET', '/marketplace/listings', { token });
    return body.items?.[0]?.listingId;
  });
