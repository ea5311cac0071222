import type { Happening } from '../../contracts/events.ts';
import type { MatchReplay } from '../../contracts/replay.ts';
import { emptyModel, receive } from '../match/view.ts';
import type { MatchMessage, MatchModel } from '../match/view.ts';

/** The match as everybody saw it from a tick on. */
export interface Frame {
  tick: number;
  model: MatchModel;
}

export interface Fall {
  tick: number;
  playerId: string;
  killerId: string;
}

export interface Timeline {
  /** In the order of what happened; there is at least the start. */
  frames: readonly Frame[];
  falls: readonly Fall[];
  tickMs: number;
  endTick: number;
}

/** What happened, as the live connection would have told it. */
function messageOf(happening: Happening): MatchMessage {
  switch (happening.type) {
    case 'MatchStarted':
      return { name: 'match.started', body: happening.payload };
    case 'PlayerMoved':
      return { name: 'match.action', body: { type: happening.type, ...happening.payload } };
    case 'PlayerAttacked':
      return { name: 'match.action', body: { type: happening.type, ...happening.payload } };
    case 'PlayerDefended':
      return { name: 'match.action', body: { type: happening.type, ...happening.payload } };
    case 'ResourceCollected':
      return { name: 'match.action', body: { type: happening.type, ...happening.payload } };
    case 'PlayerEliminated':
      return { name: 'match.player_eliminated', body: happening.payload };
    case 'MatchFinished':
      return { name: 'match.finished', body: happening.payload };
  }
}

/** Every state of the match, by the same reducer that a live match goes through. */
export function timelineOf({ match, events }: MatchReplay): Timeline {
  const lobby = { ...match, status: 'PENDING' as const, seq: 0, board: null, result: null, startedAt: null };
  let model: MatchModel = { ...emptyModel, match: lobby };
  const frames: Frame[] = [];
  const falls: Fall[] = [];
  for (const happening of events) {
    model = receive(model, messageOf(happening), 0);
    const { tick } = happening.payload;
    frames.push({ tick, model });
    if (happening.type === 'PlayerEliminated') {
      const { playerId, killerId } = happening.payload;
      falls.push({ tick, playerId, killerId });
    }
  }
  return { frames, falls, tickMs: match.board?.tickMs ?? 100, endTick: frames.at(-1)?.tick ?? 0 };
}

/** The last frame at or before a tick. */
export function frameAt({ frames }: Timeline, tick: number): Frame | null {
  let low = 0;
  let high = frames.length - 1;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if ((frames[middle]?.tick ?? 0) <= tick) low = middle;
    else high = middle - 1;
  }
  return frames[low] ?? null;
}

/** A fall begins a moment before it happens, so that it is seen; those closer than that count as the one that plays. */
export const leadTicks = 10;

/** Where the next fall, or with `back` the one before, begins to be seen; null when there is none. */
export function jump({ falls }: Timeline, from: number, back: boolean): number | null {
  const starts = falls.map(({ tick }) => Math.max(tick - leadTicks, 0));
  const found = back ? starts.findLast((tick) => tick < from - leadTicks / 2) : starts.find((tick) => tick > from);
  return found ?? null;
}
