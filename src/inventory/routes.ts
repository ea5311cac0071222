import { systemAccounts } from '../contracts/economy.ts';
import { internalRoutes } from '../contracts/internal.ts';
import { routes } from '../contracts/routes.ts';
import type { Database } from '../platform/database/database.ts';
import { implement, type Implementation } from '../platform/http/route.ts';
import { Items } from './items.ts';
import { addItems } from './store.ts';

export const inventoryRoutes = (database: Database): Implementation[] => {
  const items = new Items(database);
  return [
    implement(routes.getInventory, ({ caller, query }) => items.ownedBy(caller.playerId, query)),

    implement(internalRoutes.itemOf, ({ params }) => items.find(params.id)),

    implement(internalRoutes.weapons, async ({ body }) => ({ weapons: await items.weapons(body.playerIds) })),

    implement(internalRoutes.stockHouse, async ({ body }) => {
      await addItems(
        database,
        body.items.map((item) => ({ ...item, ownerId: systemAccounts.house, cause: 'HOUSE', reference: null })),
      );
      return undefined;
    }),
  ];
};
