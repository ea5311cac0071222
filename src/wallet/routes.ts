import { internalRoutes } from '../contracts/internal.ts';
import { routes } from '../contracts/routes.ts';
import { implement, type Implementation } from '../platform/http/route.ts';
import type { Payments } from './payments.ts';
import type { Wallets } from './wallets.ts';

export interface WalletParts {
  wallets: Wallets;
  payments: Payments;
}

export const walletRoutes = ({ wallets, payments }: WalletParts): Implementation[] => [
  implement(routes.getWallet, ({ caller }) => wallets.of(caller.playerId)),

  implement(routes.listTransactions, ({ caller, query }) => wallets.ledgerOf(caller.playerId, query)),

  implement(internalRoutes.walletOf, ({ params }) => wallets.of(params.playerId)),

  implement(internalRoutes.reserveStamp, async ({ body }) => ({ stampBalance: await payments.reserveStamp(body) })),
];
