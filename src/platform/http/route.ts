import type { RouterContext } from '@koa/router';
import type { z } from 'zod';
import type { RouteContract } from '../../contracts/routes.ts';
import type { CorrelationId, PlayerId } from '../../contracts/ids.ts';

/** Who calls, as the gateway has verified it. */
export interface Caller {
  playerId: PlayerId;
  username: string;
  /** One of the platform's own players. */
  bot: boolean;
}

type Parsed<T> = T extends z.ZodType ? z.infer<T> : undefined;
type CallerOf<R extends RouteContract> = R['auth'] extends 'required' ? Caller : Caller | null;

/** A validated request for one call of the API. */
export interface Call<R extends RouteContract> {
  params: Parsed<R['params']>;
  query: Parsed<R['query']>;
  headers: Parsed<R['headers']>;
  body: Parsed<R['body']>;
  caller: CallerOf<R>;
  correlationId: CorrelationId;
  /** The client's address, as told by the proxies that are trusted. */
  address: string;
}

export type Answer<R extends RouteContract> = z.input<R['success']['body']> | PreparedAnswer;

/** An answer that is JSON already, for calls where writing it anew for each request would cost more than all the rest. */
export class PreparedAnswer {
  readonly json: string | Buffer;

  constructor(json: string | Buffer) {
    this.json = json;
  }
}

/** A call as the router hands it over: parsed by the contract, which the types can't follow there. */
export interface ParsedCall {
  params: unknown;
  query: unknown;
  headers: unknown;
  body: unknown;
  caller: Caller | null;
  correlationId: CorrelationId;
  address: string;
}

/** A call of the API together with what answers it. */
export interface Implementation {
  contract: RouteContract;
  handle: (call: ParsedCall) => Promise<unknown>;
}

/** A call of the API that is passed on as it came, for its owner to validate. */
export interface Forwarding {
  contract: RouteContract;
  forward: (context: RouterContext, caller: Caller | null) => Promise<void>;
}

/**
 * Ties a handler to its contract: the handler sees only requests that are valid, and what it returns is typed by the
 * contract. It throws `ApiError` for what the client is to be told.
 */
export const implement = <R extends RouteContract>(
  contract: R,
  handle: (call: Call<R>) => Promise<Answer<R>>,
): Implementation => ({ contract, handle: (call) => handle(call as Call<R>) });
