import { z } from 'zod';

/** Why the rules refuse an action. Each is a 409 and is kept for the life of the match. */
export const ActionRefusal = z.enum([
  'MATCH_NOT_ACTIVE',
  'PLAYER_ELIMINATED',
  'INVALID_TARGET',
  'TARGET_DEAD',
  'TARGET_OUT_OF_RANGE',
  'BLOCKED',
  'NOT_A_NODE',
  'NODE_EMPTY',
  'COOLDOWN',
]);
export type ActionRefusal = z.infer<typeof ActionRefusal>;

/** Every `error` a client can meet, with its HTTP status. Stable: clients switch on them. */
export const errorStatus = {
  VALIDATION_ERROR: 400,
  UNAUTHORIZED: 401,
  INSUFFICIENT_STAMPS: 402,
  INSUFFICIENT_BALANCE: 402,
  NOT_IN_MATCH: 403,
  NOT_YOURS: 403,
  NOT_FOUND: 404,
  MATCH_NOT_FOUND: 404,
  ITEM_NOT_FOUND: 404,
  LISTING_NOT_FOUND: 404,
  TRADE_NOT_FOUND: 404,
  METHOD_NOT_ALLOWED: 405,
  USERNAME_TAKEN: 409,
  MATCH_NOT_ACTIVE: 409,
  PLAYER_ELIMINATED: 409,
  INVALID_TARGET: 409,
  TARGET_DEAD: 409,
  TARGET_OUT_OF_RANGE: 409,
  BLOCKED: 409,
  NOT_A_NODE: 409,
  NODE_EMPTY: 409,
  COOLDOWN: 409,
  ACTION_EXPIRED: 409,
  MATCH_NOT_FINISHED: 409,
  NO_LOBBY: 409,
  ITEM_LOCKED: 409,
  ITEM_LISTED: 409,
  LISTING_NOT_ACTIVE: 409,
  OWN_LISTING: 409,
  TRADE_RUNNING: 409,
  IDEMPOTENCY_KEY_REUSED: 422,
  RATE_LIMITED: 429,
  INTERNAL: 500,
  ACTION_FAILED: 500,
  ACTION_PENDING: 503,
  CIRCUIT_OPEN: 503,
  UNAVAILABLE: 503,
} as const;
export type ErrorCode = keyof typeof errorStatus;

/** The body of every answer that is not a success. `detail` is for people and never tells of the inside. */
export const ErrorBody = z.object({
  error: z.string(),
  detail: z.string(),
  correlationId: z.string(),
  /** With COOLDOWN: how long until the action is possible. */
  retryAfterMs: z.int().nonnegative().optional(),
});
export type ErrorBody = z.infer<typeof ErrorBody>;
