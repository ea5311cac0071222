import type { Direction, Position } from '../contracts/match.ts';

/** What of a map cannot be walked on. */
export interface Ground {
  gridSize: number;
  walls: readonly Position[];
}

/** Somebody on the board; who has no hp left is in nobody's way. */
export interface Standing extends Position {
  hp: number;
}

/** (0,0) is top-left: x grows to the right, y downwards. */
const steps: Record<Direction, Position> = {
  north: { x: 0, y: -1 },
  south: { x: 0, y: 1 },
  east: { x: 1, y: 0 },
  west: { x: -1, y: 0 },
};

export const sameTile = (a: Position, b: Position): boolean => a.x === b.x && a.y === b.y;

export const isOnGrid = ({ gridSize }: Pick<Ground, 'gridSize'>, { x, y }: Position): boolean =>
  x >= 0 && y >= 0 && x < gridSize && y < gridSize;

const isWall = (ground: Ground, tile: Position): boolean => ground.walls.some((wall) => sameTile(wall, tile));

const isFree = (ground: Ground, players: readonly Standing[], tile: Position): boolean =>
  isOnGrid(ground, tile) && !isWall(ground, tile) && !players.some((player) => player.hp > 0 && sameTile(player, tile));

/** Where `tiles` steps in a direction lead; null when any tile on the way is off the grid, a wall or taken. */
export function destination(
  ground: Ground,
  players: readonly Standing[],
  from: Position,
  direction: Direction,
  tiles: number,
): Position | null {
  const step = steps[direction];
  let at: Position = { x: from.x, y: from.y };
  for (let taken = 0; taken < tiles; taken += 1) {
    at = { x: at.x + step.x, y: at.y + step.y };
    if (!isFree(ground, players, at)) return null;
  }
  return at;
}

/** Chebyshev distance of at most 1: the eight tiles around. */
export const isInReach = (from: Position, to: Position): boolean =>
  Math.max(Math.abs(from.x - to.x), Math.abs(from.y - to.y)) <= 1;

/** A diagonal between two walls: the two other tiles of its square. On a straight line those are the two players' own. */
export const isWalledDiagonal = (ground: Ground, from: Position, to: Position): boolean =>
  isWall(ground, { x: from.x, y: to.y }) && isWall(ground, { x: to.x, y: from.y });
