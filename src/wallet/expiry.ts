import { internalRoutes } from '../contracts/internal.ts';
import type { ActionId, MatchId, PlayerId } from '../contracts/ids.ts';
import type { Database } from '../platform/database/database.ts';
import type { ServiceClient } from '../platform/http/client.ts';
import { logger } from '../platform/telemetry/logger.ts';

/** Actions of one call to game, and calls of one look. */
const atOnce = 100;
const calls = 10;
/** Seconds after which the same is asked again at the latest. */
const pauseAtMost = 60;

/** Asks again and again about stamps that are held for actions of which nothing was heard. */
export class Expiry {
  private readonly database: Database;
  private readonly game: Pick<ServiceClient, 'ask'>;
  private readonly afterSeconds: number;

  constructor(database: Database, game: Pick<ServiceClient, 'ask'>, afterSeconds: number) {
    this.database = database;
    this.game = game;
    this.afterSeconds = afterSeconds;
  }

  /**
   * Has game record as expired what never arrived. Only the outcome that it tells then, as an event, gives the stamp
   * back: an action that comes later finds itself expired. Any replica may call this at any time: of the same action
   * one asks, and asks again when it has waited as long as before. While outcomes are late, more questions make them later.
   */
  async askAboutOverdue(): Promise<void> {
    for (let call = 0; call < calls; call++) {
      const actions = await this.database.query<{ playerId: PlayerId; actionId: ActionId; matchId: MatchId }>(
        {
          name: 'wallet-overdue',
          text: `update stamp_reservations set asked_at = now() where ctid = any (array (
                   select ctid from stamp_reservations
                   where state = 'RESERVED' and created_at < now() - make_interval(secs => $1) and (asked_at is null
                     or asked_at < now() - least(asked_at - created_at, make_interval(secs => ${pauseAtMost})))
                   order by created_at limit ${atOnce} for update skip locked))
                 returning player_id as "playerId", action_id as "actionId", match_id as "matchId"`,
        },
        [this.afterSeconds],
      );
      if (actions.length === 0) return;
      logger.info({ actions: actions.length }, 'stamps are held for actions of which nothing was heard');
      await this.game.ask(internalRoutes.expireActions, { body: { actions } });
    }
  }
}
