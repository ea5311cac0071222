/** For tests: matches with everybody where the test wants them. */
import { ActionId, MatchId, PlayerId } from '../contracts/ids.ts';
import type { Action } from './actions.ts';
import { resolve, type Resolution } from './resolve.ts';
import { defaultRules } from './rules.ts';
import { createMatch } from './start.ts';
import type { MatchSetup, MatchState, PlayerState } from './state.ts';

const uuid = (kind: string, number: number) => `${kind}0000000-0000-4000-8000-${String(number).padStart(12, '0')}`;
export const playerId = (seat: number): PlayerId => PlayerId.parse(uuid('a', seat));
export const actionId = (number: number): ActionId => ActionId.parse(uuid('b', number));

export const setupOf = (players: number, more: Partial<MatchSetup> = {}): MatchSetup => ({
  matchId: MatchId.parse(uuid('c', 1)),
  seed: 'a seed for tests',
  startedAt: Date.UTC(2026, 0, 1),
  rules: defaultRules,
  players: Array.from({ length: players }, (_, seat) => ({
    playerId: playerId(seat),
    username: `player-${seat}`,
    bot: false,
    weapon: null,
  })),
  ...more,
});

/** The first state of a match, with what the test says about the players by seat, and about the rest. */
export function stateOf(
  setup: MatchSetup,
  players: Partial<PlayerState>[],
  more: Partial<MatchState> = {},
): MatchState {
  const { state } = createMatch(setup);
  return { ...state, players: state.players.map((player, seat) => ({ ...player, ...players[seat] })), ...more };
}

/** What is asked for, each by its kind; by whom and when come with `act`. */
export type Asked = Action extends infer A ? (A extends Action ? Omit<A, keyof Asking> : never) : never;
interface Asking {
  playerId: PlayerId;
  actionId: ActionId;
  sealed: boolean;
  at: number;
}

export const actionOf = (seat: number, asked: Asked, more: Partial<Asking> = {}): Action => ({
  playerId: playerId(seat),
  actionId: actionId(1),
  sealed: false,
  at: 1000,
  ...more,
  ...asked,
});

/** Resolves an action that the test expects to take effect. */
export function accepted(
  setup: MatchSetup,
  state: MatchState,
  action: Action,
): Extract<Resolution, { state: unknown }> {
  const resolution = resolve(setup, state, action);
  if (resolution.outcome === 'rejected') throw new Error(`${resolution.code}: ${resolution.detail}`);
  return resolution;
}

/** A player's state after an action; the seat must be there. */
export function seatOf(state: MatchState, seat: number): PlayerState {
  const player = state.players[seat];
  if (player === undefined) throw new Error(`No seat ${seat}`);
  return player;
}
