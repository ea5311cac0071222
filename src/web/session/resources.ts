import type { z } from 'zod';
import { routes } from '../../contracts/routes.ts';
import type { RouteContract } from '../../contracts/routes.ts';
import { call } from './client.ts';
import type { Input } from './client.ts';
import { createResource } from './resource.ts';

const of = <R extends RouteContract>(route: R) =>
  createResource((input: Input): Promise<z.infer<R['success']['body']>> => call(route, input));

/** What the pages read. Each is asked once for all who show it. */
export const resources = {
  wallet: of(routes.getWallet),
  ledger: of(routes.listTransactions),
  inventory: of(routes.getInventory),
  listings: of(routes.listListings),
  trades: of(routes.listTrades),
  top100: of(routes.top100),
  myRank: of(routes.myRank),
  matches: of(routes.listMatches),
  replay: of(routes.replayMatch),
};
export type ResourceName = keyof typeof resources;

/** The services hear of what happened when we do: what has not followed at once is there a moment later. */
const followMs = [300, 2_000];

/** Something happened that changes these. */
export function refreshSoon(...names: readonly ResourceName[]): void {
  for (const ms of followMs) {
    setTimeout(() => {
      for (const name of names) resources[name].refresh();
    }, ms);
  }
}
