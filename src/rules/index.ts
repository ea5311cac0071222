/** The rules of a match as a pure engine: state and action to new state and what happened. No clock, no chance, no I/O. */
export type { Action, Refusal } from './actions.ts';
export { replayWith } from './engines.ts';
export { finish, matchResult } from './finish.ts';
export { isReady, options, type Options } from './options.ts';
export { replay, type LogEntry } from './replay.ts';
export { resolve, type Resolution } from './resolve.ts';
export { defaultRules, matchMs, rulesSchema, type Rules } from './rules.ts';
export { createMatch } from './start.ts';
export { engineVersion, type MatchPlayer, type MatchSetup, type MatchState, type Progress } from './state.ts';
export { view } from './view.ts';
