import type { Happening } from '../contracts/events.ts';
import type { ActionId } from '../contracts/ids.ts';
import type { FinalScore, MatchResult } from '../contracts/match.ts';
import { matchMs, tickAt } from './rules.ts';
import { copyOf, nextSeq, timestamp, type MatchSetup, type MatchState, type Member, type Progress } from './state.ts';
import { sameTile } from './tiles.ts';

/** Takes a player that has no hp left off the board; part of what it held stays on its tile. Changes `state`. */
export function eliminate(
  setup: MatchSetup,
  state: MatchState,
  { killer, fallen, actionId }: { killer: Member; fallen: Member; actionId: ActionId },
): Happening {
  const { x, y, resources } = fallen.state;
  const left = Math.floor((resources * setup.rules.dropPercent) / 100);
  fallen.state.resources = resources - left;
  killer.state.score += setup.rules.score.kill;
  return {
    type: 'PlayerEliminated',
    payload: {
      matchId: setup.matchId,
      seq: nextSeq(state),
      tick: state.tick,
      actionId,
      playerId: fallen.player.playerId,
      killerId: killer.player.playerId,
      killerScore: killer.state.score,
      kept: fallen.state.resources,
      drop: left > 0 ? leave(state, { x, y }, left) : null,
    },
  };
}

/** Puts resources on a tile, onto those that lie there already; answers what lies there now. */
function leave(state: MatchState, at: { x: number; y: number }, amount: number) {
  const before = state.drops.find((drop) => sameTile(drop, at));
  const total = (before?.amount ?? 0) + amount;
  state.drops = [...state.drops.filter((drop) => drop !== before), { ...at, amount: total }];
  return { at, amount: total };
}

/** The match is over when one player is left alive. Changes `state`. */
export function endIfDecided(setup: MatchSetup, state: MatchState): Happening[] {
  const alive = state.players.filter((player) => player.hp > 0);
  return alive.length === 1 ? [end(setup, state, 'LAST_ALIVE', state.tick * setup.rules.tickMs)] : [];
}

/**
 * Ends a match whose time is up; `at` is in ms since its start. Before the limit, or when the match has ended already,
 * nothing happens: the same state and no event. So a timer may call it too early, too late and twice.
 */
export function finish(setup: MatchSetup, state: MatchState, at: number): Progress {
  const limit = matchMs(setup.rules);
  if (state.ended !== null || at < limit) return { state, events: [] };
  const last = copyOf(state);
  last.tick = Math.max(last.tick, tickAt(setup.rules, limit));
  return { state: last, events: [end(setup, last, 'TIME_LIMIT', limit)] };
}

function end(setup: MatchSetup, state: MatchState, reason: MatchResult['reason'], ms: number): Happening {
  for (const player of state.players) {
    if (player.hp > 0) player.score += setup.rules.score.alive;
  }
  state.ended = reason;
  return {
    type: 'MatchFinished',
    payload: {
      matchId: setup.matchId,
      seq: nextSeq(state),
      tick: state.tick,
      finishedAt: timestamp(setup, ms),
      result: ranking(setup, state, reason),
      seed: setup.seed,
    },
  };
}

/** The result of an ended match, null while it runs. */
export const matchResult = (setup: MatchSetup, state: MatchState): MatchResult | null =>
  state.ended === null ? null : ranking(setup, state, state.ended);

/**
 * Only the living can win: of them the highest score, the bonus for being alive included, then the highest hp, else all
 * of the tied. `scores` are in the order of a table: winners, survivors, eliminated, each by score and hp.
 */
function ranking(setup: MatchSetup, state: MatchState, reason: MatchResult['reason']): MatchResult {
  const alive = state.players.filter((player) => player.hp > 0).sort(byScore);
  const [best] = alive;
  const scores = setup.players.flatMap(({ playerId, username, bot }, seat): FinalScore[] => {
    const player = state.players[seat];
    if (player === undefined) return [];
    const { score, hp, resources } = player;
    const wins = best !== undefined && hp > 0 && byScore(best, player) === 0;
    const outcome = wins ? 'WINNER' : hp > 0 ? 'SURVIVOR' : 'ELIMINATED';
    return [{ playerId, username, bot, score, hp, resources, outcome }];
  });
  scores.sort((a, b) => places.indexOf(a.outcome) - places.indexOf(b.outcome) || byScore(a, b));
  const winners = scores.filter((score) => score.outcome === 'WINNER').map((score) => score.playerId);
  return { winners, draw: winners.length > 1, reason, scores };
}

const places: FinalScore['outcome'][] = ['WINNER', 'SURVIVOR', 'ELIMINATED'];

const byScore = (a: { score: number; hp: number }, b: { score: number; hp: number }): number =>
  b.score - a.score || b.hp - a.hp;
