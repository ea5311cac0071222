import './jitless.ts';
import { errorStatus } from '../../contracts/errors.ts';
import type { ErrorCode } from '../../contracts/errors.ts';

/** A call that gave no answer to work with: what the API refused, or `OFFLINE` when it was not reached at all. */
export class Failure extends Error {
  readonly code: ErrorCode | 'OFFLINE';
  readonly retryAfterMs: number | undefined;

  constructor(code: ErrorCode | 'OFFLINE', retryAfterMs?: number) {
    super(code);
    this.code = code;
    this.retryAfterMs = retryAfterMs;
  }
}

export const isErrorCode = (code: string): code is ErrorCode => Object.hasOwn(errorStatus, code);

const sentences: Partial<Record<Failure['code'], string>> = {
  OFFLINE: 'The arena cannot be reached. Check your connection and try again.',
  UNAVAILABLE: 'That part of the arena is not to be reached just now. Try again in a moment.',
  VALIDATION_ERROR: 'Something in the form is not right. Check it and try again.',
  UNAUTHORIZED: 'Name and password do not match.',
  USERNAME_TAKEN: 'That name is taken. Try another.',
  MATCH_NOT_FOUND: 'There is no such match.',
  NOT_IN_MATCH: 'You have no seat in this match.',
  RATE_LIMITED: 'That was a lot at once. Wait a moment and try again.',
  MATCH_NOT_ACTIVE: 'The match is not running.',
  PLAYER_ELIMINATED: 'You are out of this match.',
  INVALID_TARGET: 'There is nobody to hit.',
  TARGET_DEAD: 'That rival is already out.',
  TARGET_OUT_OF_RANGE: 'Too far away: you reach the eight tiles around you.',
  BLOCKED: 'Something is in the way.',
  NOT_A_NODE: 'Stand on a parcel to collect it.',
  NODE_EMPTY: 'Nothing here yet. It fills again.',
  COOLDOWN: 'Not yet.',
  INSUFFICIENT_STAMPS: 'You have no stamp to seal it with.',
  ACTION_EXPIRED: 'That came too late.',
  MATCH_NOT_FINISHED: 'This match is still being played. Its replay is here when it is over.',
  INSUFFICIENT_BALANCE: 'You do not have that many coins free. Nothing was taken from you.',
  NOT_YOURS: 'That is not yours.',
  ITEM_NOT_FOUND: 'That item is not there any more.',
  ITEM_LOCKED: 'A trade holds this item right now.',
  ITEM_LISTED: 'This item is for sale already.',
  LISTING_NOT_FOUND: 'That offer is not there any more.',
  LISTING_NOT_ACTIVE: 'Somebody was faster: it is not for sale any more. Nothing was taken from you.',
  OWN_LISTING: 'That is your own offer.',
  TRADE_RUNNING: 'Somebody is buying it right now.',
  CIRCUIT_OPEN: 'The market is catching its breath. Nothing was taken; try again in a moment.',
};

/** What to tell a person about whatever went wrong: a sentence, never the error itself. */
export function explain(failure: unknown): string {
  const known = failure instanceof Failure ? sentences[failure.code] : undefined;
  return known ?? 'That did not work. Try again in a moment.';
}
