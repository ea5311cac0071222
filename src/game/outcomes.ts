import { unknownFingerprint, eventOf, outcomeIdentity } from '../contracts/outcomes.ts';
import type { OfAction, Outcome, RecordedOutcome } from '../contracts/outcomes.ts';
import type { PlayerAction } from '../contracts/events.ts';
import type { ActionId, CorrelationId, PlayerId } from '../contracts/ids.ts';
import type { Database, Queryable, Transaction } from '../platform/database/database.ts';
import { appendToOutbox, envelope, eventIdFrom } from '../platform/outbox/outbox.ts';
import type { Relay } from '../platform/outbox/relay.ts';

interface OutcomeRow {
  player_id: PlayerId;
  action_id: ActionId;
  outcome: RecordedOutcome;
}

interface Entry extends OfAction {
  type: string;
  payload: object;
  fingerprint: string;
  outcome: Outcome;
}

const expired: Outcome = {
  status: 409,
  error: 'ACTION_EXPIRED',
  detail: 'This action came too late; send it again with a new key.',
};

/** The outcomes of actions, as game_db has them. Combat records most; game those of actions that combat never gets. */
export class Outcomes {
  private readonly database: Database;
  private readonly relay: Relay;

  constructor(database: Database, relay: Relay) {
    this.database = database;
    this.relay = relay;
  }

  /** Those that are recorded. */
  of(actions: Pick<OfAction, 'playerId' | 'actionId'>[]) {
    return read(this.database, actions);
  }

  /** Records the outcome of an action unless it has one, and answers the one that it has. */
  async record({ payload }: PlayerAction, outcome: Outcome): Promise<RecordedOutcome> {
    const { matchId, playerId, actionId, fingerprint, type } = payload;
    const entry = { matchId, playerId, actionId, fingerprint, type, payload, outcome };
    const [recorded] = await this.database.transaction((transaction) => settle(transaction, [entry]));
    if (!recorded) throw new Error(`action ${actionId} was not recorded`);
    return recorded.outcome;
  }

  /** Actions that never arrived expire, so that late ones are refused; the outcome of each, old or new, is told. */
  async expire(actions: OfAction[], correlationId: CorrelationId): Promise<void> {
    const entries = actions.map((action) => ({
      ...action,
      type: 'unknown',
      payload: {},
      fingerprint: unknownFingerprint,
      outcome: expired,
    }));
    await this.database.transaction(async (transaction) => {
      const recorded = await settle(transaction, entries);
      const outgoing = actions.flatMap((action) => {
        const known = recorded.find(
          ({ playerId, actionId }) => playerId === action.playerId && actionId === action.actionId,
        );
        if (!known) return [];
        const head = envelope(correlationId, action.actionId, eventIdFrom(...outcomeIdentity(action)));
        return [
          {
            topic: 'match-events',
            key: action.matchId,
            event: { ...head, ...eventOf(action, known.outcome, known.outcome.fingerprint) },
          },
        ];
      });
      await appendToOutbox(transaction, outgoing);
      transaction.afterCommit(() => {
        this.relay.wake();
      });
    });
  }
}

/** Under the locks of the matches: combat, which judges under them, comes either before or after. */
const settle = (transaction: Transaction, entries: Entry[]) => {
  transaction.send(
    { name: 'outcomes-lock', text: 'select from matches where id = any ($1::uuid[]) order by id for update' },
    [entries.map(({ matchId }) => matchId)],
  );
  transaction.send(
    {
      name: 'outcomes-settle',
      text: `insert into player_actions (player_id, action_id, match_id, action_type, payload, fingerprint, outcome)
             select "playerId", "actionId", "matchId", type, payload, fingerprint, outcome
             from jsonb_to_recordset($1::jsonb) as r("playerId" uuid, "actionId" uuid, "matchId" uuid, type text,
               payload jsonb, fingerprint text, outcome jsonb)
             order by "playerId", "actionId" on conflict do nothing`,
    },
    [JSON.stringify(entries)],
  );
  return read(transaction, entries);
};

const read = async (on: Queryable, actions: Pick<OfAction, 'playerId' | 'actionId'>[]) => {
  const rows = await on.query<OutcomeRow>(
    {
      name: 'outcomes',
      // Each by the primary key: a join would be planned once, while the table is small, as a reading of all of it.
      text: `select a.* from unnest($1::uuid[], $2::uuid[]) as k(player_id, action_id) cross join lateral (
               select player_id, action_id, outcome || jsonb_build_object('fingerprint', fingerprint) as outcome
               from player_actions p where p.player_id = k.player_id and p.action_id = k.action_id limit 1) a`,
    },
    [actions.map(({ playerId }) => playerId), actions.map(({ actionId }) => actionId)],
  );
  return rows.map((row) => ({ playerId: row.player_id, actionId: row.action_id, outcome: row.outcome }));
};
