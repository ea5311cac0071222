import type { Happening } from '../contracts/events.ts';
import type { Action } from './actions.ts';
import { finish } from './finish.ts';
import { resolve } from './resolve.ts';
import { matchMs } from './rules.ts';
import { createMatch } from './start.ts';
import type { MatchSetup, Progress } from './state.ts';

/** An action that took effect, with the `seq` of its answer. */
export interface LogEntry {
  seq: number;
  action: Action;
}

/**
 * Plays a match again from the actions that took effect, in any order: the same events and the same last state. With
 * `ended`, the time limit closes what the actions left open. Throws when the log does not fit the setup.
 */
export function replay(setup: MatchSetup, log: readonly LogEntry[], { ended }: { ended: boolean }): Progress {
  const start = createMatch(setup);
  let { state } = start;
  const events: Happening[] = [...start.events];
  for (const { seq, action } of log.toSorted((a, b) => a.seq - b.seq)) {
    const resolution = resolve(setup, state, action);
    if (resolution.outcome === 'rejected') {
      throw new Error(`Action ${action.actionId} of seq ${seq} is refused on replay: ${resolution.code}`);
    }
    if (resolution.answer.seq !== seq) {
      throw new Error(`Action ${action.actionId} of seq ${seq} has seq ${resolution.answer.seq} on replay`);
    }
    ({ state } = resolution);
    events.push(...resolution.events);
  }
  if (!ended) return { state, events };
  const last = finish(setup, state, matchMs(setup.rules));
  return { state: last.state, events: [...events, ...last.events] };
}
