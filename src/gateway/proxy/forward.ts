import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Context, Middleware } from 'koa';
import type { RouteContract } from '../../contracts/routes.ts';
import { invalid, maxBodyBytes } from '../../platform/http/app.ts';
import { identityHeaders } from '../../platform/http/identity.ts';
import type { Caller, Forwarding } from '../../platform/http/route.ts';
import type { Lifecycle } from '../../platform/lifecycle.ts';
import { stickyKeyOf, type LiveUpstreams } from './live.ts';
import type { Upstream, UpstreamAnswer } from './upstream.ts';

/** What the paths of the API begin with at the gateway, and nowhere behind it. */
export const apiPrefix = '/api';

/** About one connection, or said by ourselves. */
const notPassedBack = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'content-length',
  'date',
  'x-correlation-id',
]);

/** How long a polling client may wait for news: longer than the ping interval of socket.io (25 s). */
const pollTimeoutMs = 60_000;

/** Passes a call of the API on to the service that owns it. */
export const forwardTo = (upstream: Upstream, contract: RouteContract): Forwarding => ({
  contract,
  forward: async (context, caller) => {
    const { sticky } = contract;
    const answer = await upstream.call({
      method: context.method,
      path: context.url.slice(apiPrefix.length),
      headers: upstreamHeaders(context, contract, caller),
      body: await readBody(context.req),
      stickyKey: sticky === undefined ? undefined : context.params[sticky],
      repeatable: contract.repeatable !== false,
    });
    passBack(context, answer);
  },
});

/** The live connection by polling, which is plain HTTP. Sticky, as the replica has the connection's state. */
export const forwardPolling =
  (upstreams: LiveUpstreams, lifecycle: Lifecycle): Middleware =>
  async (context, next) => {
    const live = upstreams.get(context.path);
    if (!live) {
      await next();
      return;
    }
    context['_matchedRoute'] = context.path;
    const gone = new AbortController();
    context.res.once('close', () => gone.abort());
    const answer = await live.upstream.call({
      method: context.method,
      path: context.url,
      headers: {
        'content-type': context.get('content-type') || 'text/plain;charset=UTF-8',
        'x-correlation-id': context.response.get('x-correlation-id'),
      },
      body: await readBody(context.req),
      stickyKey: stickyKeyOf(context.URL, live),
      repeatable: false,
      timeoutMs: pollTimeoutMs,
      // A client that waits for news is sent to another gateway when this one drains.
      signal: AbortSignal.any([gone.signal, lifecycle.signal]),
    });
    passBack(context, answer);
  };

/** Nothing from outside but what the contract names: no identity that we didn't verify, and no token. */
const upstreamHeaders = (context: Context, contract: RouteContract, caller: Caller | null): Record<string, string> => {
  const headers: Record<string, string> = { 'x-correlation-id': context.response.get('x-correlation-id') };
  for (const name of ['content-type', ...Object.keys(contract.headers?.shape ?? {})]) {
    const value = context.get(name);
    if (value !== '') headers[name] = value;
  }
  if (contract.repeatable === 'by key') headers['x-idempotency-key'] ??= randomUUID();
  if (caller) {
    headers[identityHeaders.playerId] = caller.playerId;
    headers[identityHeaders.username] = caller.username;
    if (caller.bot) headers[identityHeaders.bot] = 'true';
  }
  return headers;
};

const passBack = (context: Context, { status, headers, body }: UpstreamAnswer): void => {
  context.status = status;
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined && !notPassedBack.has(name)) context.set(name, value);
  }
  context.body = body;
};

/** @throws VALIDATION_ERROR for a body that is too long */
const readBody = async (request: IncomingMessage): Promise<Buffer | undefined> => {
  const tooLong = () => invalid('body', 'longer than 16 KiB');
  if (Number(request.headers['content-length'] ?? 0) > maxBodyBytes) throw tooLong();
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request.iterator({ destroyOnReturn: false })) {
    if (!Buffer.isBuffer(chunk)) continue;
    length += chunk.length;
    if (length > maxBodyBytes) throw tooLong();
    chunks.push(chunk);
  }
  return length === 0 ? undefined : Buffer.concat(chunks);
};
