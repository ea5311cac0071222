import type { Notification } from '../contracts/economy.ts';
import type { PlayerId } from '../contracts/ids.ts';
import type { Database } from '../platform/database/database.ts';

/** A notification and whom it is for. */
export interface Addressed {
  playerId: PlayerId;
  notification: Notification;
}

/** How long they are kept, and how many of them are told to who connects. */
export const keptDays = 7;
const toldOnConnect = 50;
const sweptAtOnce = 5000;

/** What players are told. One event is told once to each player whom it concerns. */
export class Notifications {
  private readonly database: Database;

  constructor(database: Database) {
    this.database = database;
  }

  /** Keeps them, all or none; answers with those that were not there, oldest first. */
  async keep(addressed: Addressed[]): Promise<Addressed[]> {
    const rows = await this.database.query<Addressed>(
      {
        name: 'notification-keep',
        // In the order of the key, so that two replicas with the same events never wait for each other in a circle.
        text: `insert into notification.notifications (player_id, id, type, payload, created_at)
               select "playerId", (notification ->> 'id')::uuid, notification ->> 'type', notification,
                 (notification ->> 'at')::timestamptz
               from jsonb_to_recordset($1::jsonb) as r("playerId" uuid, notification jsonb)
               order by 1, 2 on conflict do nothing returning player_id as "playerId", payload as notification`,
      },
      [JSON.stringify(addressed)],
    );
    return rows.sort((one, other) => Date.parse(one.notification.at) - Date.parse(other.notification.at));
  }

  /** The last ones of a player, oldest first. */
  async recent(playerId: PlayerId): Promise<Notification[]> {
    const rows = await this.database.query<{ payload: Notification }>(
      {
        name: 'notification-recent',
        text: `select payload from notification.notifications
               where player_id = $1 and created_at > now() - make_interval(days => $2)
               order by created_at desc limit $3`,
      },
      [playerId, keptDays, toldOnConnect],
    );
    return rows.map(({ payload }) => payload).reverse();
  }

  /** Removes those that are too old, a few at a time. */
  async sweep(): Promise<void> {
    for (let swept = sweptAtOnce; swept === sweptAtOnce;) {
      const rows = await this.database.query(
        {
          name: 'notification-sweep',
          text: `delete from notification.notifications where ctid = any (array (
                   select ctid from notification.notifications
                   where created_at <= now() - make_interval(days => $1) order by created_at limit $2))
                 returning 1`,
        },
        [keptDays, sweptAtOnce],
      );
      swept = rows.length;
    }
  }
}
