import { internalRoutes } from '../contracts/internal.ts';
import type { ActionId, MatchId, PlayerId } from '../contracts/ids.ts';
import type { Database } from '../platform/database/database.ts';
import type { ServiceClient } from '../platform/http/client.ts';
import { logger } from '../platform/telemetry/logger.ts';

/** Actions of one call to game. */
const atOnce = 100;
const atMost = 1000;

/** Asks again and again about stamps that are held for actions of which nothing was heard. */
export class Expiry {
  private readonly database: Database;
  private readonly game: ServiceClient;
  private readonly afterSeconds: number;

  constructor(database: Database, game: ServiceClient, afterSeconds: number) {
    this.database = database;
    this.game = game;
    this.afterSeconds = afterSeconds;
  }

  /**
   * Has game record as expired what never arrived. Only the outcome that it tells then, as an event, gives the stamp
   * back: an action that comes later finds itself expired. Any replica may call this at any time.
   */
  async askAboutOverdue(): Promise<void> {
    const overdue = await this.database.query<{ playerId: PlayerId; actionId: ActionId; matchId: MatchId }>(
      {
        name: 'wallet-overdue',
        text: `select player_id as "playerId", action_id as "actionId", match_id as "matchId" from stamp_reservations
               where state = 'RESERVED' and created_at < now() - make_interval(secs => $1)
               order by created_at limit ${String(atMost)}`,
      },
      [this.afterSeconds],
    );
    for (let at = 0; at < overdue.length; at += atOnce) {
      const actions = overdue.slice(at, at + atOnce);
      logger.info({ actions: actions.length }, 'stamps are held for actions of which nothing was heard');
      await this.game.ask(internalRoutes.expireActions, { body: { actions } });
    }
  }
}
