import type { Direction } from '../../contracts/match.ts';
import type { LogEntry } from '../match/view.ts';

/** The last thing that a piece did or suffered; `id` is that of the log entry, so that each is played once. */
export interface Gesture {
  id: number;
  kind: 'move' | 'strike' | 'hit' | 'collect' | 'defend';
  look: Direction | undefined;
}

interface Point {
  x: number;
  y: number;
}

function directionOf(from: Point, to: Point): Direction | undefined {
  const x = to.x - from.x;
  const y = to.y - from.y;
  if (x === 0 && y === 0) return undefined;
  if (Math.abs(x) >= Math.abs(y)) return x > 0 ? 'east' : 'west';
  return y > 0 ? 'south' : 'north';
}

/** Whose last shield is a sealed one. */
export function sealedShields(log: readonly LogEntry[]): ReadonlySet<string> {
  const sealed = new Set<string>();
  for (const { happening } of log) {
    if (happening.name !== 'match.action' || happening.body.type !== 'PlayerDefended') continue;
    if (happening.body.sealed) sealed.add(happening.body.playerId);
    else sealed.delete(happening.body.playerId);
  }
  return sealed;
}

/** By player id, from the log; `players` says where those are who were struck. */
export function gestures(
  log: readonly LogEntry[],
  players: readonly (Point & { playerId: string })[],
): ReadonlyMap<string, Gesture> {
  const last = new Map<string, Gesture>();
  const where = (playerId: string) => players.find((player) => player.playerId === playerId);
  for (const { id, happening } of log) {
    if (happening.name !== 'match.action') continue;
    const { body } = happening;
    const before = last.get(body.playerId)?.look;
    switch (body.type) {
      case 'PlayerMoved':
        last.set(body.playerId, { id, kind: 'move', look: directionOf(body.from, body.to) });
        break;
      case 'PlayerAttacked': {
        const striker = where(body.playerId);
        const target = where(body.targetId);
        const look = striker !== undefined && target !== undefined ? directionOf(striker, target) : before;
        last.set(body.playerId, { id, kind: 'strike', look });
        last.set(body.targetId, { id, kind: 'hit', look: last.get(body.targetId)?.look });
        break;
      }
      case 'PlayerDefended':
        last.set(body.playerId, { id, kind: 'defend', look: before });
        break;
      case 'ResourceCollected':
        last.set(body.playerId, { id, kind: 'collect', look: before });
        break;
    }
  }
  return last;
}
