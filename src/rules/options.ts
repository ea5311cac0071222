import type { PlayerId } from '../contracts/ids.ts';
import { Direction, type ActionType, type BoardView } from '../contracts/match.ts';
import { destination, isInReach, isWalledDiagonal, sameTile } from './tiles.ts';

/** What a player may do; whether its cooldown is over is `isReady`'s to say. */
export interface Options {
  directions: Direction[];
  targets: PlayerId[];
  collect: boolean;
  defend: boolean;
}

const none: Options = { directions: [], targets: [], collect: false, defend: false };

/** What the rules allow a player on this board at this tick; nothing for the eliminated and for who only watches. */
export function options(board: BoardView, playerId: PlayerId, tick: number, tilesOfMove = 1): Options {
  const me = board.players.find((player) => player.playerId === playerId);
  if (me === undefined || !me.alive) return none;
  return {
    directions: Direction.options.filter(
      (direction) => destination(board, board.players, me, direction, tilesOfMove) !== null,
    ),
    targets: board.players
      .filter((other) => other !== me && other.alive && isInReach(me, other) && !isWalledDiagonal(board, me, other))
      .map((other) => other.playerId),
    collect: board.nodes.some((node) => sameTile(node, me) && node.fullAtTick <= tick),
    defend: true,
  };
}

/** Whether the pace of the game lets a player do that kind of action at this tick. */
export const isReady = (board: BoardView, playerId: PlayerId, type: ActionType, tick: number): boolean =>
  board.players.some((player) => player.playerId === playerId && player.readyAtTick[type] <= tick);
