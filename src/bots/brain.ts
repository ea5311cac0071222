import type { PlayerId } from '../contracts/ids.ts';
import type { ActionRequest, BoardView, Direction, MatchView, Position } from '../contracts/match.ts';
import { isReady, options, type Options } from '../rules/options.ts';

/** What somebody is like, each from 0 to 1: whether it seeks a fight, and whether it would rather collect. */
export interface Temper {
  courage: number;
  greed: number;
}

const steps: Record<Direction, Position> = {
  north: { x: 0, y: -1 },
  south: { x: 0, y: 1 },
  east: { x: 1, y: 0 },
  west: { x: -1, y: 0 },
};

/** What one needs to see of a match. */
export type Seen = Pick<MatchView, 'status' | 'board' | 'startedAt' | 'serverTime'>;

/** What to do now on this board, or null to wait. */
export const choose = (match: Seen, me: PlayerId, temper: Temper, random: () => number): ActionRequest | null => {
  const { board, startedAt, serverTime } = match;
  const own = board?.players.find(({ playerId }) => playerId === me);
  if (match.status !== 'RUNNING' || !board || startedAt === null || !own?.alive) return null;
  // The board's own tick is that of the last action.
  const tick = Math.floor((Date.parse(serverTime) - Date.parse(startedAt)) / board.tickMs);
  if (tick < 0) return null;
  const can = options(board, me, tick);
  const ready = (type: ActionRequest['type']) => isReady(board, me, type, tick);

  const weak = own.hp < board.maxHp * (0.6 - 0.4 * temper.courage);
  if (can.targets.length > 0 && weak && ready('defend') && random() < 0.6) return { type: 'defend' };
  const target = weakest(board, can);
  if (target && ready('attack')) return { type: 'attack', payload: { targetId: target } };
  if (can.collect && ready('collect')) return { type: 'collect' };
  if (!ready('move')) return null;
  const fights = random() > temper.greed && !weak;
  if (target && fights) return null; // Stays at its opponent until the next blow.
  const goals = fights ? besideOthers(board, me) : fullNodes(board, tick);
  const direction = firstStep(board, own, can, goals.length > 0 ? goals : besideOthers(board, me));
  const any = can.directions[Math.floor(random() * can.directions.length)];
  const way = direction ?? any;
  return way === undefined ? null : { type: 'move', payload: { direction: way } };
};

const weakest = (board: BoardView, can: Options): PlayerId | undefined =>
  board.players
    .filter(({ playerId }) => can.targets.includes(playerId))
    .toSorted((a, b) => a.hp + a.shield - (b.hp + b.shield))[0]?.playerId;

const fullNodes = (board: BoardView, tick: number): Position[] =>
  board.nodes.filter(({ fullAtTick }) => fullAtTick <= tick);

/** The tiles from which another player can be hit. */
const besideOthers = (board: BoardView, me: PlayerId): Position[] =>
  board.players
    .filter(({ playerId, alive }) => playerId !== me && alive)
    .flatMap(({ x, y }) => Object.values(steps).map((step) => ({ x: x + step.x, y: y + step.y })));

const keyOf = ({ x, y }: Position): string => `${x},${y}`;

/** The first step of a shortest way to any of the goals around walls and players; null when there is none. */
const firstStep = (board: BoardView, from: Position, can: Options, goals: readonly Position[]): Direction | null => {
  const wanted = new Set(goals.map(keyOf));
  const taken = new Set([...board.walls.map(keyOf), ...board.players.filter(({ alive }) => alive).map(keyOf)]);
  let reached = can.directions.map((first) => ({
    first,
    at: { x: from.x + steps[first].x, y: from.y + steps[first].y },
  }));
  while (reached.length > 0) {
    const next: typeof reached = [];
    for (const { first, at } of reached) {
      if (wanted.has(keyOf(at))) return first;
      for (const step of Object.values(steps)) {
        const to = { x: at.x + step.x, y: at.y + step.y };
        const outside = to.x < 0 || to.y < 0 || to.x >= board.gridSize || to.y >= board.gridSize;
        if (outside || taken.has(keyOf(to))) continue;
        taken.add(keyOf(to));
        next.push({ first, at: to });
      }
    }
    reached = next;
  }
  return null;
};
