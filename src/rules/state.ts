import type { Happening } from '../contracts/events.ts';
import type { MatchId, PlayerId } from '../contracts/ids.ts';
import type { ActionType, LobbyPlayer, MatchResult, PlayerView, Position } from '../contracts/match.ts';
import { nodesOf } from './map.ts';
import type { Rules } from './rules.ts';

/**
 * The version of the engine: a match is replayed by the one that it was played with. Raise it when a result changes, and
 * keep what was in `engines.ts`.
 */
export const engineVersion = 1;

export type MatchPlayer = LobbyPlayer & Pick<PlayerView, 'weapon'>;

/** All that is settled when a match starts and never changes. */
export interface MatchSetup {
  matchId: MatchId;
  /** The source of every draw: at least 128 random bits as text, secret until the end. */
  seed: string;
  /** When the match started, in ms since the epoch. */
  startedAt: number;
  rules: Rules;
  /** In the order of joining, which is their `seat`. */
  players: readonly MatchPlayer[];
}

export interface PlayerState extends Position {
  hp: number;
  score: number;
  resources: number;
  shield: number;
  shieldUntilTick: number;
  /** When the player's last action took effect, in ms since the start, by the intake's clock. */
  at: number;
  /** From when each kind of action is possible again, on the same timeline. */
  readyAt: Record<ActionType, number>;
}

/** All that changes in a match: plain JSON of less than 2 KB. */
export interface MatchState {
  seq: number;
  tick: number;
  /** By seat, as `setup.players`. */
  players: PlayerState[];
  /** Resource nodes that were emptied, until they are used again; full from `fullAtTick` on. */
  emptied: (Position & { fullAtTick: number })[];
  /** What eliminated players left, at most one a tile. */
  drops: (Position & { amount: number })[];
  /** Null while the match runs. */
  ended: MatchResult['reason'] | null;
}

/** A player in the match: what it is, and its state, which may be changed. */
export interface Member {
  player: MatchPlayer;
  state: PlayerState;
}

/** Null for who is not in the match. */
export function memberOf(setup: MatchSetup, state: MatchState, playerId: PlayerId): Member | null {
  const seat = setup.players.findIndex((player) => player.playerId === playerId);
  const player = setup.players[seat];
  const playerState = state.players[seat];
  return player !== undefined && playerState !== undefined ? { player, state: playerState } : null;
}

/** A copy that may be changed; what it shares with the original is only ever replaced, never written to. */
export const copyOf = (state: MatchState): MatchState => ({ ...state, players: state.players.map((p) => ({ ...p })) });

/** Takes the next place in the match's order. */
export const nextSeq = (state: MatchState): number => {
  state.seq += 1;
  return state.seq;
};

/** What is taken from the setup's timeline, as an event says it. */
export const timestamp = (setup: MatchSetup, ms: number): string => new Date(setup.startedAt + ms).toISOString();

export const resourceNodes = (setup: MatchSetup): Position[] => nodesOf(setup.rules.map, setup.players.length);

/** A changed copy of the state, with what happened in order. */
export interface Progress {
  state: MatchState;
  events: Happening[];
}
