import type { IncomingMessage } from 'node:http';
import type { Context, Middleware } from 'koa';
import type { Health } from '../contracts/api.ts';
import { ApiError } from '../platform/errors.ts';
import type { Caller } from '../platform/http/route.ts';
import type { AccessTokens, Identity } from './identity/tokens.ts';
import type { RateLimits } from './rate-limits.ts';

/** Nothing that the gateway answers is to be guessed at, framed, or kept by a cache, unless it says so itself. */
export const securityHeaders: Middleware = async (context, next) => {
  context.set({
    'cache-control': 'no-store',
    'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
    'cross-origin-resource-policy': 'same-origin',
    'referrer-policy': 'no-referrer',
    'x-content-type-options': 'nosniff',
  });
  await next();
};

const exposed = 'x-correlation-id, retry-after';
const allowedHeaders = 'authorization, content-type, x-correlation-id, x-idempotency-key';

/** Lets pages of these other origins call the API; the page of the same origin needs nobody's leave. */
export const allowOrigins =
  (origins: readonly string[]): Middleware =>
  async (context, next) => {
    const origin = context.get('origin');
    if (!origins.includes(origin)) {
      await next();
      return;
    }
    context.vary('origin');
    context.set({
      'access-control-allow-origin': origin,
      'access-control-expose-headers': exposed,
      'cross-origin-resource-policy': 'cross-origin',
    });
    if (context.method !== 'OPTIONS' || context.get('access-control-request-method') === '') {
      await next();
      return;
    }
    context.set({
      'access-control-allow-methods': 'GET, POST, DELETE',
      'access-control-allow-headers': allowedHeaders,
      'access-control-max-age': '600',
    });
    context.status = 204;
  };

/** `GET /health` besides `/api/health`, for load balancers that ask at the root. Nobody is asked who they are. */
export const rootHealth: Middleware = (context, next) => {
  if (context.path !== '/health' || context.method !== 'GET') return next();
  context['_matchedRoute'] = context.path;
  context.body = health();
  return undefined;
};

export const health = (): Health => ({ status: 'ok', uptime: process.uptime() });

/** Who sent a request: a player, nobody, or somebody with a token that does not hold. */
type Sender = Identity | null | 'unknown';

/** Finds out who sends each request, and limits how often one may. */
export class Admission {
  private readonly tokens: AccessTokens;
  private readonly limits: RateLimits;
  private readonly senders = new WeakMap<IncomingMessage, Sender>();

  constructor(tokens: AccessTokens, limits: RateLimits) {
    this.tokens = tokens;
    this.limits = limits;
  }

  readonly middleware: Middleware = async (context, next) => {
    const token = /^Bearer +(\S+)$/i.exec(context.get('authorization'))?.[1];
    const sender = token === undefined ? null : ((await this.tokens.verify(token)) ?? 'unknown');
    this.senders.set(context.req, sender);
    await this.limits.request(sender === null || sender === 'unknown' ? null : sender.playerId, context.ip);
    await next();
  };

  /** @throws UNAUTHORIZED for a token that does not hold */
  readonly authenticate = (context: Context): Caller | null => {
    const sender = this.senders.get(context.req) ?? null;
    if (sender === 'unknown') throw new ApiError('UNAUTHORIZED', 'The access token has expired or is not valid.');
    return sender;
  };
}

/** Where a request comes from: what the outermost proxy that is trusted saw. */
export const addressOf = (request: IncomingMessage, trustedProxies: number): string => {
  const forwarded = trustedProxies === 0 ? '' : String(request.headers['x-forwarded-for'] ?? '');
  const seen = forwarded
    .split(',')
    .map((address) => address.trim())
    .filter((address) => address !== '');
  return seen.slice(-trustedProxies)[0] ?? request.socket.remoteAddress ?? '';
};
