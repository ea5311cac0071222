import { randomUUID } from 'node:crypto';
import { CorrelationId, MatchId, PlayerId } from '../src/contracts/ids.ts';
import { Lobby } from '../src/game/lobby.ts';
import { migrations } from '../src/game/migrations/index.ts';
import { openDatabase, type Database } from '../src/platform/database/database.ts';
import { ProcessLifecycle } from '../src/platform/lifecycle.ts';
import { defaultRules, rulesSchema, type Rules } from '../src/rules/index.ts';
import { createDatabase } from './servers.ts';

/** A game_db of one's own, as the services see it. */
export interface GameDatabase {
  as(role: 'owner' | 'game' | 'combat'): Promise<Database>;
  env: Awaited<ReturnType<typeof createDatabase>>['as'];
  /** A match of so many players, running. */
  start(players: number, rules?: Partial<Rules>): Promise<{ matchId: MatchId; players: PlayerId[] }>;
  drop(): Promise<void>;
}

export const aPlayer = (): PlayerId => PlayerId.parse(randomUUID());
export const aCorrelation = (): CorrelationId => CorrelationId.parse(randomUUID());
export const noRelay = { wake: () => undefined };
export const noWeapons = () => Promise.resolve(new Map());

export const createGameDatabase = async (): Promise<GameDatabase> => {
  const database = await createDatabase(migrations);
  const lifecycle = new ProcessLifecycle();
  const as = (role: string) => openDatabase(database.as(role), lifecycle, role);
  const game = await as('game');
  return {
    as,
    env: (role) => database.as(role),
    start: async (count, rules = {}) => {
      const lobby = new Lobby(
        game,
        noRelay,
        noWeapons,
        rulesSchema.parse({ ...defaultRules, ...rules, maxPlayers: count }),
      );
      const players = Array.from({ length: count }, aPlayer);
      let matchId: MatchId | undefined;
      for (const [index, playerId] of players.entries()) {
        ({ matchId } = await lobby.join({ playerId, username: `player-${index}`, bot: false }, aCorrelation()));
      }
      return { matchId: MatchId.parse(matchId), players };
    },
    drop: async () => {
      await lifecycle.stop();
      await database.drop();
    },
  };
};
