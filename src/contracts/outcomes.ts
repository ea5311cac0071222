import type { ActionRejected, ActionResolved } from './events.ts';
import type { ActionId, MatchId, PlayerId } from './ids.ts';
import type { ActionAnswer } from './match.ts';

/** What became of an action, as game_db keeps it. */
export type Outcome =
  | { status: 200; answer: ActionAnswer }
  | {
      status: 402 | 409;
      error: ActionRejected['payload']['error'];
      detail: string;
      retryAfterMs?: number | undefined;
    };

/** An outcome, and which request it is of. */
export type RecordedOutcome = Outcome & { fingerprint: string };

/** The fingerprint of a request that nobody has seen: any may be it. */
export const unknownFingerprint = '';

/** Whose action, in which match. */
export interface OfAction {
  matchId: MatchId;
  playerId: PlayerId;
  actionId: ActionId;
}

type Told<E extends ActionResolved | ActionRejected> = Pick<E, 'type' | 'payload'>;

/** What the event id of an outcome is derived from: told again, it is the same event. */
export const outcomeIdentity = ({ playerId, actionId }: OfAction): string[] => ['outcome', playerId, actionId];

/** An outcome as the event that tells it. */
export const eventOf = (
  { matchId, playerId, actionId }: OfAction,
  outcome: Outcome,
  fingerprint: string,
): Told<ActionResolved> | Told<ActionRejected> => {
  const of = { matchId, playerId, actionId, fingerprint };
  if (outcome.status === 200) return { type: 'ActionResolved', payload: { ...of, answer: outcome.answer } };
  const { error, detail, retryAfterMs } = outcome;
  return { type: 'ActionRejected', payload: { ...of, error, detail, retryAfterMs } };
};

/** The outcome that an event tells. */
export const outcomeOf = (event: ActionResolved | ActionRejected): RecordedOutcome => {
  const { fingerprint } = event.payload;
  if (event.type === 'ActionResolved') return { status: 200, fingerprint, answer: event.payload.answer };
  const { error, detail, retryAfterMs } = event.payload;
  return { status: error === 'INSUFFICIENT_STAMPS' ? 402 : 409, fingerprint, error, detail, retryAfterMs };
};
