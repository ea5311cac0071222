import { z } from 'zod';
import { Wallet } from './economy.ts';
import { ActionId, ItemId, MatchId, PlayerId } from './ids.ts';
import { CatalogueId, ItemDescription } from './items.ts';
import { route, type RouteContract } from './routes.ts';

const ofAction = z.strictObject({ playerId: PlayerId, actionId: ActionId, matchId: MatchId });

/** An item, whoever owns it. */
export const OwnedItem = ItemDescription.extend({ id: ItemId, ownerId: PlayerId, locked: z.boolean() });
export type OwnedItem = z.infer<typeof OwnedItem>;

/** Calls between services. The gateway does not know them, so nobody outside can make them. */
export const internalRoutes = {
  walletOf: route({
    method: 'GET',
    path: '/internal/wallets/:playerId',
    service: 'wallet',
    summary: 'The wallet of a player',
    auth: 'none',
    repeatable: true,
    params: z.strictObject({ playerId: PlayerId }),
    success: { status: 200, body: Wallet },
    errors: [],
  }),
  reserveStamp: route({
    method: 'POST',
    path: '/internal/stamps',
    service: 'wallet',
    summary: 'Keep a stamp for a sealed action; again, the same answer. The outcome of the action takes or returns it',
    auth: 'none',
    repeatable: true,
    body: ofAction,
    success: { status: 200, body: z.object({ stampBalance: z.int().nonnegative() }) },
    errors: ['INSUFFICIENT_STAMPS'],
  }),
  expireActions: route({
    method: 'POST',
    path: '/internal/actions/expire',
    service: 'game',
    summary: 'Record actions that never arrived as expired; the outcome of each, old or new, is told again as an event',
    auth: 'none',
    repeatable: true,
    body: z.strictObject({ actions: z.array(ofAction).min(1).max(100) }),
    success: { status: 204, body: z.undefined() },
    errors: [],
  }),
  itemOf: route({
    method: 'GET',
    path: '/internal/items/:id',
    service: 'inventory',
    summary: 'An item, with its owner',
    auth: 'none',
    repeatable: true,
    params: z.strictObject({ id: ItemId }),
    success: { status: 200, body: OwnedItem },
    errors: ['ITEM_NOT_FOUND'],
  }),
  weapons: route({
    method: 'POST',
    path: '/internal/weapons',
    service: 'inventory',
    summary: 'The best sword of each of these players that no trade has locked; who has none is not in the answer',
    auth: 'none',
    repeatable: true,
    body: z.strictObject({ playerIds: z.array(PlayerId).min(1).max(6) }),
    success: {
      status: 200,
      body: z.object({
        weapons: z.array(z.object({ playerId: PlayerId, itemId: CatalogueId, damage: z.int().nonnegative() })),
      }),
    },
    errors: [],
  }),
  stockHouse: route({
    method: 'POST',
    path: '/internal/house/items',
    service: 'inventory',
    summary: 'Items for the house to sell, with ids that the caller gives; an id that is there is left as it is',
    auth: 'none',
    repeatable: true,
    body: z.strictObject({
      items: z
        .array(z.strictObject({ id: ItemId, itemId: CatalogueId }))
        .min(1)
        .max(100),
    }),
    success: { status: 204, body: z.undefined() },
    errors: [],
  }),
} as const satisfies Record<string, RouteContract>;
