import type { PlayerId } from '../contracts/ids.ts';
import { internalRoutes } from '../contracts/internal.ts';
import type { ServiceClient } from '../platform/http/client.ts';
import { logger } from '../platform/telemetry/logger.ts';
import type { MatchPlayer } from '../rules/index.ts';

/** The best sword of each of these players; who has none is not in it. */
export type Weapons = (playerIds: PlayerId[]) => Promise<ReadonlyMap<PlayerId, MatchPlayer['weapon']>>;

/** Weapons as inventory has them; none while it does not answer: no match waits for it. */
export const weaponsFrom =
  (inventory: ServiceClient): Weapons =>
  async (playerIds) => {
    try {
      const { weapons } = await inventory.ask(internalRoutes.weapons, { body: { playerIds } });
      return new Map(weapons.map(({ playerId, itemId, damage }) => [playerId, { itemId, damage }]));
    } catch (error) {
      logger.warn({ err: error }, 'a match starts without weapons, as inventory does not answer');
      return new Map();
    }
  };
