import { z } from 'zod';
import { Credentials, Empty, Health, JoinedMatch, MatchHistory, Page, RefreshRequest, Session } from './api.ts';
import { ActionRefusal, type ErrorCode } from './errors.ts';
import { ActionId, MatchId } from './ids.ts';
import { ActionAnswer, ActionRequest, MatchView } from './match.ts';

/**
 * One call of the HTTP API: what validates the request, what is answered, and who answers. The gateway proxies and
 * documents (`/api/openapi.json`) by this; the service that owns the call implements it.
 */
export interface RouteContract {
  method: 'GET' | 'POST' | 'DELETE';
  /** Below `/api`, with parameters as `:name`. */
  path: string;
  service: 'gateway' | 'game';
  summary: string;
  /** `required`: an access token or 401; `optional`: read when given; `none`: ignored. */
  auth: 'required' | 'optional' | 'none';
  /** Sent again by the gateway when a replica goes away under it: a second try has no second effect. */
  repeatable: boolean;
  /** The path parameter by which calls stick to a replica. */
  sticky?: string;
  params?: z.ZodObject;
  query?: z.ZodObject;
  headers?: z.ZodObject;
  body?: z.ZodType;
  success: { status: 200 | 201 | 202 | 204; body: z.ZodType };
  errors: readonly ErrorCode[];
}
const route = <const R extends RouteContract>(contract: R): R => contract;

const matchParams = z.strictObject({ id: MatchId });

export const routes = {
  health: route({
    method: 'GET',
    path: '/health',
    service: 'gateway',
    summary: 'Whether the front door is open',
    auth: 'none',
    repeatable: true,
    success: { status: 200, body: Health },
    errors: [],
  }),
  guest: route({
    method: 'POST',
    path: '/auth/guest',
    service: 'gateway',
    summary: 'Play at once, under a generated name; registering later keeps the player',
    auth: 'none',
    repeatable: false,
    body: Empty,
    success: { status: 201, body: Session },
    errors: [],
  }),
  register: route({
    method: 'POST',
    path: '/auth/register',
    service: 'gateway',
    summary: "Open an account; with a guest's token the account takes over the guest's player",
    auth: 'optional',
    repeatable: false,
    body: Credentials,
    success: { status: 201, body: Session },
    errors: ['USERNAME_TAKEN', 'UNAUTHORIZED'],
  }),
  login: route({
    method: 'POST',
    path: '/auth/login',
    service: 'gateway',
    summary: 'Sign in',
    auth: 'none',
    repeatable: false,
    body: Credentials,
    success: { status: 200, body: Session },
    errors: ['UNAUTHORIZED'],
  }),
  refresh: route({
    method: 'POST',
    path: '/auth/refresh',
    service: 'gateway',
    summary: 'A new pair of tokens; the refresh token is spent, and using a spent one ends its whole family',
    auth: 'none',
    repeatable: false,
    body: RefreshRequest,
    success: { status: 200, body: Session },
    errors: ['UNAUTHORIZED'],
  }),
  logout: route({
    method: 'POST',
    path: '/auth/logout',
    service: 'gateway',
    summary: 'End the session that the refresh token belongs to',
    auth: 'none',
    repeatable: false,
    body: RefreshRequest,
    success: { status: 204, body: z.undefined() },
    errors: [],
  }),
  joinMatch: route({
    method: 'POST',
    path: '/matches',
    service: 'game',
    summary: 'Join an open lobby or open one; called again, the same lobby or the running match',
    auth: 'required',
    repeatable: true,
    body: Empty,
    success: { status: 201, body: JoinedMatch },
    errors: ['UNAUTHORIZED'],
  }),
  listMatches: route({
    method: 'GET',
    path: '/matches',
    service: 'game',
    summary: "The caller's matches, newest first",
    auth: 'required',
    repeatable: true,
    query: Page,
    success: { status: 200, body: MatchHistory },
    errors: ['UNAUTHORIZED'],
  }),
  getMatch: route({
    method: 'GET',
    path: '/matches/:id',
    service: 'game',
    summary: 'The state of a match',
    auth: 'required',
    repeatable: true,
    sticky: 'id',
    params: matchParams,
    success: { status: 200, body: MatchView },
    errors: ['UNAUTHORIZED', 'MATCH_NOT_FOUND'],
  }),
  act: route({
    method: 'POST',
    path: '/matches/:id/actions',
    service: 'game',
    summary: 'Move, attack, defend or collect; the same key again has no second effect and gives the same answer',
    auth: 'required',
    repeatable: true,
    sticky: 'id',
    params: matchParams,
    headers: z.object({ 'x-idempotency-key': ActionId }),
    body: ActionRequest,
    success: { status: 200, body: ActionAnswer },
    errors: [
      'UNAUTHORIZED',
      'INSUFFICIENT_STAMPS',
      'NOT_IN_MATCH',
      'MATCH_NOT_FOUND',
      ...ActionRefusal.options,
      'IDEMPOTENCY_KEY_REUSED',
      'ACTION_PENDING',
    ],
  }),
} as const satisfies Record<string, RouteContract>;

export type RouteName = keyof typeof routes;
