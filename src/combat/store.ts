import { LRUCache } from 'lru-cache';
import type { ActionId, MatchId, PlayerId } from '../contracts/ids.ts';
import type { MatchResult, MatchStatus } from '../contracts/match.ts';
import type { Outcome } from '../contracts/outcomes.ts';
import type { Transaction } from '../platform/database/database.ts';
import { insertOutbox, outboxRows, type Outgoing } from '../platform/outbox/outbox.ts';
import type { MatchSetup, MatchState } from '../rules/index.ts';

/** A match under lock; without `started` it has not begun, or was cancelled. */
export interface LockedMatch {
  matchId: MatchId;
  status: MatchStatus;
  started: { setup: MatchSetup; state: MatchState } | null;
}

export interface RecordedAction {
  playerId: PlayerId;
  actionId: ActionId;
  matchId: MatchId;
  type: string;
  /** What the engine was given, so that the match can be replayed. */
  payload: object;
  fingerprint: string;
  seq: number | null;
  outcome: Outcome;
}

export interface Changes {
  matches: { id: MatchId; state: MatchState }[];
  actions: RecordedAction[];
  events: Outgoing[];
}

interface MatchRow {
  id: MatchId;
  status: MatchStatus;
  state: MatchState | null;
}

/** The setup of a match never changes once it has started, and is the larger part of it. */
const setups = new LRUCache<MatchId, MatchSetup>({ max: 2000 });

/** Locks matches, in the order of their ids: two replicas never wait for each other in a circle. */
export const lockMatches = async (transaction: Transaction, ids: MatchId[]): Promise<Map<MatchId, LockedMatch>> => {
  const rows = await transaction.query<MatchRow>(
    {
      name: 'combat-lock',
      text: 'select id, status, state from matches where id = any ($1::uuid[]) order by id for update',
    },
    [ids],
  );
  return withSetups(transaction, rows);
};

/** Locks matches whose time is up; those that another replica has in hand are left to it. */
export const lockOverdue = async (transaction: Transaction): Promise<(LockedMatch & { now: Date })[]> => {
  const rows = await transaction.query<MatchRow & { now: Date }>({
    name: 'combat-overdue',
    text: `select id, status, state, clock_timestamp() as now from matches
           where status = 'RUNNING' and ends_at <= now() order by id for update skip locked limit 20`,
  });
  const locked = await withSetups(transaction, rows);
  return rows.flatMap(({ id, now }) => {
    const match = locked.get(id);
    return match ? [{ ...match, now }] : [];
  });
};

const withSetups = async (transaction: Transaction, rows: MatchRow[]): Promise<Map<MatchId, LockedMatch>> => {
  const missing = rows.filter(({ id, state }) => state !== null && !setups.has(id)).map(({ id }) => id);
  if (missing.length > 0) {
    const read = await transaction.query<{ id: MatchId; setup: MatchSetup }>(
      { name: 'combat-setups', text: 'select id, setup from matches where id = any ($1::uuid[])' },
      [missing],
    );
    for (const { id, setup } of read) setups.set(id, setup);
  }
  return new Map(
    rows.map(({ id, status, state }) => {
      const setup = setups.get(id);
      return [id, { matchId: id, status, started: state && setup ? { setup, state } : null }];
    }),
  );
};

export const actionKey = (playerId: PlayerId, actionId: ActionId): string => `${playerId}/${actionId}`;

/** Which of these actions have an outcome already, by `actionKey`. */
export const recorded = async (
  transaction: Transaction,
  actions: { playerId: PlayerId; actionId: ActionId }[],
): Promise<Map<string, { outcome: Outcome; fingerprint: string }>> => {
  const rows = await transaction.query<{
    player_id: PlayerId;
    action_id: ActionId;
    outcome: Outcome;
    fingerprint: string;
  }>(
    {
      name: 'combat-recorded',
      // Each by the primary key: a join would be planned once, while the table is small, as a reading of all of it.
      text: `select a.* from unnest($1::uuid[], $2::uuid[]) as k(player_id, action_id) cross join lateral (
               select player_id, action_id, outcome, fingerprint from player_actions p
               where p.player_id = k.player_id and p.action_id = k.action_id limit 1) a`,
    },
    [actions.map(({ playerId }) => playerId), actions.map(({ actionId }) => actionId)],
  );
  return new Map(rows.map(({ player_id, action_id, ...known }) => [actionKey(player_id, action_id), known]));
};

/** Everything that a batch changes, in one statement. */
export const write = (transaction: Transaction, { matches, actions, events }: Changes): void => {
  transaction.send(
    {
      name: 'combat-write',
      text: `with changed as (
               update matches m set state = r.state, seq = (r.state ->> 'seq')::int
               from jsonb_to_recordset($1::jsonb) as r(id uuid, state jsonb)
               -- By the ids too: how many rows the JSON has, no plan knows, and it would read all matches for them.
               where m.id = any ($4::uuid[]) and m.id = r.id
             ), acted as (
               insert into player_actions (player_id, action_id, match_id, action_type, payload, fingerprint, seq, outcome)
               select "playerId", "actionId", "matchId", type, payload, fingerprint, seq, outcome
               from jsonb_to_recordset($2::jsonb) as r("playerId" uuid, "actionId" uuid, "matchId" uuid, type text,
                 payload jsonb, fingerprint text, seq int, outcome jsonb)
             )
             ${insertOutbox(3)}`,
    },
    [JSON.stringify(matches), JSON.stringify(actions), outboxRows(events), matches.map(({ id }) => id)],
  );
};

/** Ends a match: its result, and its players free for the next one. */
export const writeEnd = (transaction: Transaction, matchId: MatchId, finishedAt: string, result: MatchResult): void => {
  transaction.send(
    {
      name: 'combat-end',
      text: `with ended as (
               update matches set status = 'FINISHED', finished_at = $2, result = $3 where id = $1
             )
             update match_players p set active = false, final_score = r.score, outcome = r.outcome
             from jsonb_to_recordset($3::jsonb -> 'scores') as r("playerId" uuid, score int, outcome text)
             where p.match_id = $1 and p.player_id = r."playerId"`,
    },
    [matchId, finishedAt, JSON.stringify(result)],
  );
};
