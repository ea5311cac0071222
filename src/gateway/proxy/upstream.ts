import { setTimeout as sleep } from 'node:timers/promises';
import { ApiError } from '../../platform/errors.ts';
import { metrics } from '../../platform/telemetry/metrics.ts';
import { endpointHeader, type Endpoint, type Endpoints } from './endpoints.ts';

/** A request as it goes to a service behind the gateway. */
export interface UpstreamRequest {
  method: string;
  /** With the query. */
  path: string;
  headers: Record<string, string>;
  body?: Buffer | undefined;
  /** Requests of the same key go to the same replica, as long as it is there. */
  stickyKey?: string | undefined;
  /** Whether a second try has no second effect. */
  repeatable: boolean;
  /** How long the answer may keep silent, when longer than usual. */
  timeoutMs?: number;
  signal?: AbortSignal;
}

export interface UpstreamAnswer {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  body: Buffer;
}

/** How long a replica is looked for while they move. */
const lookForMs = 5000;
const firstPauseMs = 25;
const longestPauseMs = 400;

/** Errors from before a byte was sent: even a call that is not repeatable has had no effect. */
const notConnected = new Set([
  'ECONNREFUSED',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
  'UND_ERR_CLOSED',
]);

/** What came of asking one replica. */
export type Outcome<T> = { answer: T } | { error: unknown };

const isNotConnected = <T>(outcome: Outcome<T>): boolean => {
  if (!('error' in outcome)) return false;
  const { error } = outcome;
  return typeof error === 'object' && error !== null && 'code' in error && notConnected.has(String(error.code));
};

/** A service behind the gateway; a replica that goes away under a request is not the client's problem. */
export class Upstream {
  private readonly name: string;
  private readonly endpoints: Endpoints;

  constructor(name: string, endpoints: Endpoints) {
    this.name = name;
    this.endpoints = endpoints;
  }

  /** The answer of a replica; a repeatable call that finds its replica gone or going is sent to another. */
  async call(request: UpstreamRequest): Promise<UpstreamAnswer> {
    return this.ask(
      request.stickyKey,
      (endpoint) => send(endpoint, request),
      (outcome) => (request.repeatable ? 'error' in outcome || isLeaving(outcome.answer) : isNotConnected(outcome)),
    );
  }

  /**
   * Asks the replica that the key prefers; while `again` says so of what came of it, the next, and so round all of
   * them, with pauses, for up to 5 s.
   * @throws UNAVAILABLE when no answer came
   */
  async ask<T>(
    stickyKey: string | undefined,
    question: (endpoint: Endpoint) => Promise<T>,
    again: (outcome: Outcome<T>) => boolean,
  ): Promise<T> {
    const deadline = Date.now() + lookForMs;
    const tried = new Set<Endpoint>();
    let pauseMs = firstPauseMs;
    for (;;) {
      const endpoint = this.endpoints.choose(stickyKey, tried);
      const outcome: Outcome<T> = endpoint ? await settle(question(endpoint)) : { error: new NoReplica() };
      if (endpoint && isNotConnected(outcome)) this.endpoints.markDown(endpoint);
      if (Date.now() >= deadline || !again(outcome)) {
        if ('answer' in outcome) return outcome.answer;
        throw new ApiError('UNAVAILABLE', 'The service is restarting; try again in a moment.', {
          retryAfterMs: 1000,
          cause: outcome.error,
        });
      }
      metrics.retries.inc({ service: 'gateway', target: this.name });
      if (endpoint) tried.add(endpoint);
      if (tried.size < this.endpoints.size) continue;
      tried.clear();
      await sleep(pauseMs);
      pauseMs = Math.min(pauseMs * 2, longestPauseMs);
    }
  }
}

class NoReplica extends Error {
  readonly code = 'ECONNREFUSED';
}

const settle = async <T>(asked: Promise<T>): Promise<Outcome<T>> => {
  try {
    return { answer: await asked };
  } catch (error) {
    return { error };
  }
};

const send = async (endpoint: Endpoint, request: UpstreamRequest): Promise<UpstreamAnswer> => {
  const { statusCode, headers, body } = await endpoint.pool.request({
    method: request.method,
    path: request.path,
    headers: { ...request.headers, ...endpointHeader(endpoint) },
    body: request.body ?? null,
    ...(request.signal ? { signal: request.signal } : {}),
    ...(request.timeoutMs === undefined ? {} : { headersTimeout: request.timeoutMs }),
  });
  return { status: statusCode, headers, body: Buffer.from(await body.arrayBuffer()) };
};

/** A replica that drains, or whose stores are away, says UNAVAILABLE; other answers with 503 are answers. */
const isLeaving = ({ status, body }: UpstreamAnswer): boolean =>
  status === 503 && body.includes('"error":"UNAVAILABLE"');
