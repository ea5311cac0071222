import { z } from 'zod';
import {
  BotCredentials,
  Credentials,
  Empty,
  Health,
  JoinedMatch,
  MatchHistory,
  Page,
  PublicKeys,
  RefreshRequest,
  Session,
} from './api.ts';
import {
  AcceptedTrade,
  Inventory,
  Leaderboard,
  Ledger,
  LedgerQuery,
  Listing,
  ListingQuery,
  ListingRequest,
  Listings,
  Trade,
  TradeQuery,
  TradeRequest,
  Trades,
  Wallet,
} from './economy.ts';
import { ActionRefusal, type ErrorCode } from './errors.ts';
import { ActionId, ListingId, MatchId, TradeId, Uuid } from './ids.ts';
import { ActionAnswer, ActionRequest, MatchView } from './match.ts';
import { MatchReplay } from './replay.ts';

/**
 * One call of the HTTP API: what validates the request, what is answered, and who answers. The gateway proxies and
 * documents (`/api/openapi.json`) by this; the service that owns the call implements it.
 */
export interface RouteContract {
  method: 'GET' | 'POST' | 'DELETE';
  /** Below `/api`, with parameters as `:name`. */
  path: string;
  service: 'gateway' | 'game' | 'wallet' | 'inventory' | 'marketplace' | 'leaderboard';
  summary: string;
  /** `required`: an access token or 401; `optional`: read when given; `none`: ignored. */
  auth: 'required' | 'optional' | 'none';
  /**
   * Sent again by the gateway when a replica goes away under it: a second try has no second effect. `by key`: nor has it with the same
   * X-Idempotency-Key, which the gateway gives where the client does not.
   */
  repeatable: boolean | 'by key';
  /** The path parameter by which calls stick to a replica. */
  sticky?: string;
  params?: z.ZodObject;
  query?: z.ZodObject;
  headers?: z.ZodObject;
  body?: z.ZodType;
  success: { status: 200 | 201 | 202 | 204; body: z.ZodType };
  errors: readonly ErrorCode[];
}
export const route = <const R extends RouteContract>(contract: R): R => contract;

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
  bot: route({
    method: 'POST',
    path: '/auth/bot',
    service: 'gateway',
    summary: "Sign in as one of the platform's bots, which are marked as such, and earn and own nothing",
    auth: 'none',
    repeatable: false,
    body: BotCredentials,
    success: { status: 200, body: Session },
    errors: ['UNAUTHORIZED'],
  }),
  publicKeys: route({
    method: 'GET',
    path: '/auth/jwks',
    service: 'gateway',
    summary: 'The public keys by which anybody can verify an access token',
    auth: 'none',
    repeatable: true,
    success: { status: 200, body: PublicKeys },
    errors: [],
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
    errors: ['UNAUTHORIZED', 'NO_LOBBY'],
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
      'ACTION_EXPIRED',
      'IDEMPOTENCY_KEY_REUSED',
      'ACTION_PENDING',
    ],
  }),
  replayMatch: route({
    method: 'GET',
    path: '/matches/:id/replay',
    service: 'game',
    summary:
      'All that happened in a match that is over, played again from its actions; anybody with the link may see it',
    auth: 'none',
    repeatable: true,
    params: matchParams,
    success: { status: 200, body: MatchReplay },
    errors: ['MATCH_NOT_FOUND', 'MATCH_NOT_FINISHED'],
  }),
  getWallet: route({
    method: 'GET',
    path: '/wallet',
    service: 'wallet',
    summary: "The caller's money and stamps",
    auth: 'required',
    repeatable: true,
    success: { status: 200, body: Wallet },
    errors: ['UNAUTHORIZED'],
  }),
  listTransactions: route({
    method: 'GET',
    path: '/wallet/transactions',
    service: 'wallet',
    summary: "The caller's lines of the ledger, newest first",
    auth: 'required',
    repeatable: true,
    query: LedgerQuery,
    success: { status: 200, body: Ledger },
    errors: ['UNAUTHORIZED'],
  }),
  getInventory: route({
    method: 'GET',
    path: '/inventory',
    service: 'inventory',
    summary: "The caller's items, the strongest first",
    auth: 'required',
    repeatable: true,
    query: Page,
    success: { status: 200, body: Inventory },
    errors: ['UNAUTHORIZED'],
  }),
  createListing: route({
    method: 'POST',
    path: '/marketplace/listings',
    service: 'marketplace',
    summary:
      'Offer an item for sale; it stays usable until somebody buys it; the same key again has no second effect and gives the same listing',
    auth: 'required',
    repeatable: 'by key',
    headers: z.object({ 'x-idempotency-key': Uuid.optional() }),
    body: ListingRequest,
    success: { status: 201, body: Listing },
    errors: [
      'UNAUTHORIZED',
      'NOT_YOURS',
      'ITEM_NOT_FOUND',
      'ITEM_LOCKED',
      'ITEM_LISTED',
      'IDEMPOTENCY_KEY_REUSED',
      'CIRCUIT_OPEN',
    ],
  }),
  listListings: route({
    method: 'GET',
    path: '/marketplace/listings',
    service: 'marketplace',
    summary: 'What is for sale',
    auth: 'required',
    repeatable: true,
    query: ListingQuery,
    success: { status: 200, body: Listings },
    errors: ['UNAUTHORIZED'],
  }),
  cancelListing: route({
    method: 'DELETE',
    path: '/marketplace/listings/:id',
    service: 'marketplace',
    summary: 'Take an offer back; again, the same answer',
    auth: 'required',
    repeatable: true,
    params: z.strictObject({ id: ListingId }),
    success: { status: 200, body: Listing },
    errors: ['UNAUTHORIZED', 'NOT_YOURS', 'LISTING_NOT_FOUND', 'LISTING_NOT_ACTIVE', 'TRADE_RUNNING'],
  }),
  requestTrade: route({
    method: 'POST',
    path: '/marketplace/trades',
    service: 'marketplace',
    summary: 'Buy what is listed; the same key again has no second effect and gives the same answer',
    auth: 'required',
    repeatable: true,
    headers: z.object({ 'x-idempotency-key': Uuid }),
    body: TradeRequest,
    success: { status: 202, body: AcceptedTrade },
    errors: [
      'UNAUTHORIZED',
      'INSUFFICIENT_BALANCE',
      'LISTING_NOT_FOUND',
      'LISTING_NOT_ACTIVE',
      'OWN_LISTING',
      'IDEMPOTENCY_KEY_REUSED',
      'CIRCUIT_OPEN',
    ],
  }),
  getTrade: route({
    method: 'GET',
    path: '/marketplace/trades/:id',
    service: 'marketplace',
    summary: 'How far a trade of the caller is',
    auth: 'required',
    repeatable: true,
    params: z.strictObject({ id: TradeId }),
    success: { status: 200, body: Trade },
    errors: ['UNAUTHORIZED', 'TRADE_NOT_FOUND'],
  }),
  listTrades: route({
    method: 'GET',
    path: '/marketplace/trades',
    service: 'marketplace',
    summary: "The caller's trades, newest first",
    auth: 'required',
    repeatable: true,
    query: TradeQuery,
    success: { status: 200, body: Trades },
    errors: ['UNAUTHORIZED'],
  }),
  top100: route({
    method: 'GET',
    path: '/leaderboard/top100',
    service: 'leaderboard',
    summary: 'The hundred with the highest scores',
    auth: 'none',
    repeatable: true,
    success: { status: 200, body: Leaderboard },
    errors: [],
  }),
  myRank: route({
    method: 'GET',
    path: '/leaderboard/me',
    service: 'leaderboard',
    summary: "The caller's place, and the ten around it; nobody until the caller has a score",
    auth: 'required',
    repeatable: true,
    success: { status: 200, body: Leaderboard },
    errors: ['UNAUTHORIZED'],
  }),
} as const satisfies Record<string, RouteContract>;

export type RouteName = keyof typeof routes;
