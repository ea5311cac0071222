import type { ActionRequest, ActionType, BoardView, Direction, PlayerView } from '../../contracts/match.ts';
import type { PlayerId } from '../../contracts/ids.ts';
import { options } from '../../rules/options.ts';

/** What the player wants to do. */
export type Wish =
  { type: 'move'; direction: Direction } | { type: 'attack'; targetId: PlayerId } | { type: 'defend' | 'collect' };

/** A wish as it goes out: sealed or not. */
export type Order = Wish & { sealed: boolean };

/** What the rules allow now; a sealed move goes further. */
export const allowed = (board: BoardView, me: PlayerView, tick: number, sealed: boolean) =>
  options(board, me.playerId, tick, sealed ? board.sealedMoveTiles : 1);

/** From when each kind of action is possible again, in ms on this browser's clock. */
export type ReadyAt = Record<ActionType, number>;

export const neverUsed: ReadyAt = { move: 0, attack: 0, defend: 0, collect: 0 };

/** An input that comes at most so many ms too early is kept; an earlier one would act when nobody expects it any more. */
export const keptFor = 700;

/** What becomes of a wish now: it goes out, waits (for its pace, or for the answer to the action before it), or is declined. */
export type Verdict = { do: 'send' } | { do: 'keep'; ms: number } | { do: 'decline'; why: string };

export interface Situation {
  board: BoardView;
  me: PlayerView;
  /** The tick that is running at the server. */
  tick: number;
  /** An action is on its way and its answer is not here: whether the next is allowed depends on it. */
  busy: boolean;
  readyAt: ReadyAt;
  now: number;
}

export function judge(order: Order, { board, me, tick, busy, readyAt, now }: Situation): Verdict {
  const wait = readyAt[order.type] - now;
  if (wait > keptFor) return { do: 'decline', why: `${nouns[order.type]} again in ${Math.ceil(wait / 1000)} s` };
  if (busy) return { do: 'keep', ms: Math.max(wait, 0) };
  const why = refusal(order, board, me, tick);
  if (why !== null) return { do: 'decline', why };
  return wait > 0 ? { do: 'keep', ms: wait } : { do: 'send' };
}

const nouns: Record<ActionType, string> = { move: 'Move', attack: 'Attack', defend: 'Shield', collect: 'Collect' };

function refusal(order: Order, board: BoardView, me: PlayerView, tick: number): string | null {
  const may = allowed(board, me, tick, order.sealed);
  switch (order.type) {
    case 'move':
      if (may.directions.includes(order.direction)) return null;
      return order.sealed ? `No room to leap ${board.sealedMoveTiles} tiles` : 'No way through';
    case 'attack':
      return may.targets.includes(order.targetId) ? null : 'Out of reach';
    case 'collect':
      return may.collect ? null : 'Nothing to collect here';
    case 'defend':
      return may.defend ? null : 'Not now';
  }
}

export function requestOf(order: Order): ActionRequest {
  const seal = order.sealed ? { useStamp: true } : {};
  switch (order.type) {
    case 'move':
      return { type: 'move', payload: { direction: order.direction }, ...seal };
    case 'attack':
      return { type: 'attack', payload: { targetId: order.targetId }, ...seal };
    case 'defend':
    case 'collect':
      return { type: order.type, ...seal };
  }
}

const deltas: Record<Direction, readonly [number, number]> = {
  north: [0, -1],
  south: [0, 1],
  east: [1, 0],
  west: [-1, 0],
};

export const neighbour = (from: { x: number; y: number }, direction: Direction, tiles = 1) => ({
  x: from.x + tiles * deltas[direction][0],
  y: from.y + tiles * deltas[direction][1],
});

/** Where a move leads. */
export const landing = (board: BoardView, from: PlayerView, direction: Direction, sealed: boolean) =>
  neighbour(from, direction, sealed ? board.sealedMoveTiles : 1);

/** What a press towards a side obviously means: to hit the rival who stands there, else to go there. */
export function towards(board: BoardView, me: PlayerView, direction: Direction): Wish {
  const to = neighbour(me, direction);
  const rival = board.players.find((player) => player.alive && player.x === to.x && player.y === to.y);
  return rival === undefined ? { type: 'move', direction } : { type: 'attack', targetId: rival.playerId };
}

/** The rivals in reach, the one who is closest to falling first. */
export function targetsInReach(board: BoardView, me: PlayerView, tick: number): PlayerView[] {
  const { targets } = options(board, me.playerId, tick);
  const left = (player: PlayerView) => player.hp + (player.shieldUntilTick > tick ? player.shield : 0);
  return board.players.filter((player) => targets.includes(player.playerId)).sort((a, b) => left(a) - left(b));
}

/** What the one big button does: hit a rival in reach, else collect what lies here, else raise the shield. */
export function obvious(board: BoardView, me: PlayerView, tick: number, aimedAt: PlayerId | null): Wish {
  const [weakest] = targetsInReach(board, me, tick);
  if (weakest !== undefined) return { type: 'attack', targetId: aimedAt ?? weakest.playerId };
  return options(board, me.playerId, tick).collect ? { type: 'collect' } : { type: 'defend' };
}
