import { routes } from '../contracts/routes.ts';
import { implement, type Implementation } from '../platform/http/route.ts';
import type { Listings } from './listings.ts';
import type { Market } from './market.ts';
import type { Trades } from './trades.ts';

export interface MarketplaceParts {
  listings: Listings;
  market: Market;
  trades: Trades;
}

export const marketplaceRoutes = ({ listings, market, trades }: MarketplaceParts): Implementation[] => [
  implement(routes.createListing, ({ caller, headers, body }) =>
    listings.create(caller, body, headers['x-idempotency-key']),
  ),

  implement(routes.listListings, ({ caller, query }) => listings.list(query, caller)),

  implement(routes.cancelListing, ({ caller, params }) => listings.cancel(caller, params.id)),

  implement(routes.requestTrade, ({ caller, headers, body, correlationId }) =>
    market.request({
      caller,
      listingId: body.listingId,
      idempotencyKey: headers['x-idempotency-key'],
      correlationId,
    }),
  ),

  implement(routes.getTrade, ({ caller, params }) => trades.view(params.id, caller.playerId)),

  implement(routes.listTrades, ({ caller, query }) => trades.list(caller.playerId, query)),
];
