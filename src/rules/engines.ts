import type { LogEntry } from './replay.ts';
import { replay } from './replay.ts';
import type { MatchSetup, Progress } from './state.ts';

/** How a version of the engine plays a match that is over again. */
type Replay = (setup: MatchSetup, log: readonly LogEntry[], how: { ended: boolean }) => Progress;

/** The engines that matches may have been played with, by version: an old one stays here as long as its matches. */
const engines: ReadonlyMap<number, Replay> = new Map([[1, replay]]);

/** @throws Error for a version that is not known here */
export const replayWith = (version: number): Replay => {
  const engine = engines.get(version);
  if (!engine) throw new Error(`This version knows no rules engine ${version}, only ${[...engines.keys()].join(', ')}`);
  return engine;
};
