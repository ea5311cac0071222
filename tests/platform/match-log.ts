import { isDeepStrictEqual } from 'node:util';
import type { ActionId, MatchId, PlayerId } from '../../src/contracts/ids.ts';
import type { MatchResult, MatchStatus } from '../../src/contracts/match.ts';
import { matchResult, replay, type Action, type MatchSetup, type MatchState } from '../../src/rules/index.ts';
import { lasting, type Acknowledged } from './crowd.ts';

/** A row of `matches`. */
export interface MatchRow {
  id: MatchId;
  status: MatchStatus;
  setup: MatchSetup | null;
  state: MatchState | null;
  seq: number;
  result: MatchResult | null;
}
/** A row of `player_actions`. */
export interface ActionRow {
  player_id: PlayerId;
  action_id: ActionId;
  match_id: MatchId;
  payload: Action;
  seq: number | null;
  outcome: { status: number; answer?: { seq: number }; error?: string; detail?: string; retryAfterMs?: number };
}

export const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value));
export const keyOf = (playerId: PlayerId, actionId: ActionId) => `${playerId}/${actionId}`;

/** The same whatever order the keys were written in, and without those that are undefined. */
export const sorted = (value: unknown): unknown =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
    ? Object.fromEntries(
        Object.entries(value)
          .filter(([, each]) => each !== undefined)
          .map(([key, each]) => [key, sorted(each)] as const)
          .sort(([a], [b]) => (a < b ? -1 : 1)),
      )
    : value;

/** What was acknowledged and is not in its match exactly once, with the outcome that was told. */
export const notAsAcknowledged = (acknowledged: Acknowledged[], rows: ActionRow[]): unknown[] => {
  const recorded = new Map(rows.map((row) => [keyOf(row.player_id, row.action_id), row]));
  const twice = rows.filter((row) => recorded.get(keyOf(row.player_id, row.action_id)) !== row);
  const wrong = acknowledged.filter(({ playerId, matchId, actionId, answer }) => {
    const row = recorded.get(keyOf(playerId, actionId));
    if (row?.match_id !== matchId || row.outcome.status !== answer.status) return true;
    const { error, detail, retryAfterMs } = row.outcome;
    const body = row.outcome.answer ?? { error, detail, ...(error === 'COOLDOWN' ? { retryAfterMs } : {}) };
    return JSON.stringify(sorted(body)) !== JSON.stringify(sorted(lasting(answer).body));
  });
  return [...twice, ...wrong];
};

/** A match that has ended, played again from its actions that took effect, in their order. */
export const replayOf = ({ id, setup }: MatchRow, rows: ActionRow[]) => {
  if (!setup) throw new Error(`${id} has ended without a setup`);
  const actions = rows.map(({ seq, payload }) => ({ seq: seq ?? 0, action: payload }));
  return replay(setup, actions, { ended: true });
};

/** What of a match that has ended is not as playing it again makes it. */
export const unlikeItsReplay = (match: MatchRow, rows: ActionRow[]): string[] => {
  const { setup, state } = match;
  if (!setup || !state) return ['it has ended without a state'];
  const played = replayOf(match, rows);
  return [
    ...(isDeepStrictEqual(plain(played.state), state) ? [] : ['its state']),
    ...(isDeepStrictEqual(plain(matchResult(setup, played.state)), match.result) ? [] : ['its result']),
    ...(match.seq === state.seq ? [] : ['its number of events']),
  ];
};
