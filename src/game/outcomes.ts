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

  /** Gives an action an outcome unless it has one, and answers the one that it has. */
  async record({ payload, correlationId }: PlayerAction, outcome: Outcome): Promise<RecordedOutcome> {
    const { matchId, playerId, actionId, fingerprint, type } = payload;
    const entry = { matchId, playerId, actionId, fingerprint, type, payload, outcome };
    const [recorded] = await this.settle([entry], correlationId);
    if (!recorded) throw new Error(`action ${actionId} was not recorded`);
    return recorded.outcome;
  }

  /** Actions that never arrived expire, so that late ones are refused. */
  async expire(actions: OfAction[], correlationId: CorrelationId): Promise<void> {
    const unknown = { type: 'unknown', payload: {}, fingerprint: unknownFingerprint, outcome: expired };
    await this.settle(
      actions.map((action) => ({ ...action, ...unknown })),
      correlationId,
    );
  }

  /**
   * Records outcomes of actions that have none, and tells the outcome of each, old or new, as the event that it always
   * is. Under the locks of the matches: combat, which judges under them, comes either before or after.
   */
  private settle(entries: Entry[], correlationId: CorrelationId) {
    return this.database.transaction(async (transaction) => {
      lockAndInsert(transaction, entries);
      const recorded = await read(transaction, entries);
      const byAction = new Map(recorded.map((one) => [`${one.playerId}/${one.actionId}`, one.outcome]));
      const told = entries.flatMap((entry) => {
        const outcome = byAction.get(`${entry.playerId}/${entry.actionId}`);
        if (!outcome) return [];
        const head = envelope(correlationId, entry.actionId, eventIdFrom(...outcomeIdentity(entry)));
        const event = { ...head, ...eventOf(entry, outcome, outcome.fingerprint) };
        return [{ topic: 'match-events', key: entry.matchId, event }];
      });
      await appendToOutbox(transaction, told);
      transaction.afterCommit(() => {
        this.relay.wake();
      });
      return recorded;
    });
  }
}

const lockAndInsert = (transaction: Transaction, entries: Entry[]): void => {
  transaction.send(
    { name: 'outcomes-lock', text: 'select from matches where id = any ($1::uuid[]) order by id for update' },
    [entries.map(({ matchId }) => matchId)],
  );
  transaction.send(
    {
      name: 'outcomes-insert',
      text: `insert into player_actions (player_id, action_id, match_id, action_type, payload, fingerprint, outcome)
             select "playerId", "actionId", "matchId", type, payload, fingerprint, outcome
             from jsonb_to_recordset($1::jsonb) as r("playerId" uuid, "actionId" uuid, "matchId" uuid, type text,
               payload jsonb, fingerprint text, outcome jsonb)
             order by "playerId", "actionId" on conflict do nothing`,
    },
    [JSON.stringify(entries)],
  );
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
