import type { ActionRejected } from '../contracts/events.ts';
import type { ActionId, PlayerId } from '../contracts/ids.ts';
import type { ActionAnswer } from '../contracts/match.ts';
import type { Database } from '../platform/database/database.ts';

/** What became of an action, and which request it was. */
export type Outcome = { fingerprint: string } & (
  | { status: 200; answer: ActionAnswer }
  | {
      status: 409;
      error: ActionRejected['payload']['error'];
      detail: string;
      retryAfterMs?: number | undefined;
    }
);

interface OutcomeRow {
  player_id: PlayerId;
  action_id: ActionId;
  outcome: Outcome;
}

/** The outcomes that combat has recorded. */
export class Outcomes {
  private readonly database: Database;

  constructor(database: Database) {
    this.database = database;
  }

  async of(actions: { playerId: PlayerId; actionId: ActionId }[]) {
    const rows = await this.database.query<OutcomeRow>(
      {
        name: 'outcomes',
        text: `select a.player_id, a.action_id, a.outcome || jsonb_build_object('fingerprint', a.fingerprint) as outcome
               from unnest($1::uuid[], $2::uuid[]) as k(player_id, action_id)
               join player_actions a using (player_id, action_id)`,
      },
      [actions.map(({ playerId }) => playerId), actions.map(({ actionId }) => actionId)],
    );
    return rows.map((row) => ({ playerId: row.player_id, actionId: row.action_id, outcome: row.outcome }));
  }
}
