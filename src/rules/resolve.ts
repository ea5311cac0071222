import type { ActionAnswer } from '../contracts/match.ts';
import { judge, refuse, type Action, type Refusal, type Turn } from './actions.ts';
import { matchMs, tickAt } from './rules.ts';
import { copyOf, memberOf, type MatchSetup, type MatchState, type Progress } from './state.ts';

/** `answer.seq` is that of the first event; the match has ended when `state.ended` says so. */
export type Resolution = ({ outcome: 'resolved'; answer: ActionAnswer } & Progress) | Refusal;

/**
 * What an action does. The input is never changed; a rejected action changes nothing and takes no `seq`.
 *
 * The pace of a player is judged on its own timeline, by when its actions were taken in: the time that an action spends
 * on the way to here never refuses a player who keeps the pace. All that concerns others is judged by tick, in the order
 * of the match. Which rule is told first: NOT_IN_MATCH, MATCH_NOT_ACTIVE, PLAYER_ELIMINATED, those of the board, COOLDOWN.
 */
export function resolve(setup: MatchSetup, before: MatchState, action: Action): Resolution {
  const { rules } = setup;
  const state = copyOf(before);
  const me = memberOf(setup, state, action.playerId);
  if (me === null) return refuse('NOT_IN_MATCH', 'The player is not in this match');

  const at = Math.max(action.at, me.state.at);
  if (state.ended !== null) return refuse('MATCH_NOT_ACTIVE', 'The match is over');
  if (at >= matchMs(rules)) return refuse('MATCH_NOT_ACTIVE', 'The time of the match was up');
  if (me.state.hp === 0) return refuse('PLAYER_ELIMINATED', 'The player is out of the match');
  state.tick = Math.max(state.tick, tickAt(rules, at));

  const turn: Turn = { setup, state, me, action, events: [] };
  const effect = judge(turn);
  if (typeof effect !== 'function') return effect;
  const { type, actionId, sealed } = action;
  const retryAfterMs = me.state.readyAt[type] - at;
  if (retryAfterMs > 0) return { ...refuse('COOLDOWN', `The next ${type} is not possible yet`), retryAfterMs };

  const seq = state.seq + 1;
  me.state.at = at;
  me.state.readyAt = { ...me.state.readyAt, [type]: at + rules.cooldownMs[type] };
  const result = effect();
  const answer = { actionId, type, seq, tick: state.tick, result, sealed };
  return { outcome: 'resolved', state, answer, events: turn.events };
}
