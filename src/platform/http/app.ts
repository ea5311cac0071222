import { randomUUID } from 'node:crypto';
import bodyParser from '@koa/bodyparser';
import Router, { type RouterContext, type RouterMiddleware } from '@koa/router';
import Koa, { type Context, type Middleware } from 'koa';
import { z } from 'zod';
import { CorrelationId } from '../../contracts/ids.ts';
import { ApiError, isUnavailable } from '../errors.ts';
import { logContext } from '../telemetry/context.ts';
import { logger } from '../telemetry/logger.ts';
import { metrics } from '../telemetry/metrics.ts';
import { about, subjectOf } from '../telemetry/subject.ts';
import { PreparedAnswer, type Caller, type Forwarding, type Implementation } from './route.ts';

/** The longest body of a request, in bytes. */
export const maxBodyBytes = 16 * 1024;

export interface AppOptions {
  routes: (Implementation | Forwarding)[];
  /** What the paths of the contracts begin with here: `/api` at the gateway, nothing elsewhere. */
  prefix?: string;
  /** Who calls; null without credentials. Throws UNAUTHORIZED for credentials that don't hold. */
  authenticate(context: Context): Promise<Caller | null> | Caller | null;
  /** How many proxies before this server may tell the client's address. */
  trustedProxies?: number;
  /** Runs after the correlation id is known and before the routes. */
  before?: Middleware[];
}

/** The HTTP application of a service: correlation ids, validation, error mapping, metrics, in one place for all. */
export const createApp = (options: AppOptions): Koa => {
  const app = new Koa({ proxy: (options.trustedProxies ?? 0) > 0, maxIpsCount: options.trustedProxies ?? 0 });
  app.on('error', (error: Error) => {
    logger.debug({ error: error.message }, 'connection error');
  });
  app.use(correlate).use(measure).use(mapErrors).use(refuseMalformed);
  for (const middleware of options.before ?? []) app.use(middleware);
  app.use(refuseUnknown);
  const router = new Router({ exclusive: true });
  for (const route of options.routes) {
    const { contract } = route;
    const answer = 'forward' in route ? route.forward : validated(route);
    const steps: RouterMiddleware[] = [
      async (context) => {
        const caller = contract.auth === 'none' ? null : await options.authenticate(context);
        if (contract.auth === 'required' && !caller) throw new ApiError('UNAUTHORIZED', 'Sign in first.');
        if (caller) logContext.current().playerId = caller.playerId;
        const subject = () =>
          subjectOf({
            correlationId: logContext.current().correlationId,
            playerId: caller?.playerId,
            matchId: contract.path.startsWith('/matches/') ? context.params['id'] : undefined,
            tradeId: contract.path.startsWith('/marketplace/trades/') ? context.params['id'] : undefined,
            actionId: contract.path.startsWith('/matches/') ? context.get('x-idempotency-key') : undefined,
          });
        await about(subject, () => answer(context, caller));
      },
    ];
    // A body that is passed on is read by who passes it on.
    if ('handle' in route && contract.body) steps.unshift(jsonBody);
    router.register((options.prefix ?? '') + contract.path, [contract.method], steps);
  }
  app.use(router.routes());
  const refusal = () => new ApiError('METHOD_NOT_ALLOWED', 'This path does not know that method.');
  app.use(router.allowedMethods({ throw: true, methodNotAllowed: refusal, notImplemented: refusal }));
  return app;
};

/** Node's HTTP parser lets targets through that are no URL, such as `http://[::1`. */
const refuseMalformed: Middleware = (context, next) => {
  const target = context.req.url ?? '';
  // A plain path, as nearly all are, can't be malformed.
  if (!/^\/\w/.test(target) && !URL.canParse(target, 'http://service')) throw invalid('url', 'not a URL');
  return next();
};

const refuseUnknown: Middleware = async (context, next) => {
  await next();
  if (context.status === 404 && context.body === undefined)
    throw new ApiError('NOT_FOUND', 'There is nothing at this path.');
};

const jsonBody = bodyParser({
  enableTypes: ['json'],
  jsonLimit: maxBodyBytes,
  onError: (error) => {
    throw invalid('body', error.name === 'PayloadTooLargeError' ? 'longer than 16 KiB' : 'not valid JSON', error);
  },
});

const noQuery = z.strictObject({});

/** Answers only what fulfils the contract. */
const validated =
  ({ contract, handle }: Implementation) =>
  async (context: RouterContext, caller: Caller | null): Promise<void> => {
    const body: unknown = await handle({
      params: contract.params && parse('path', contract.params, context.params),
      query: parse('query', contract.query ?? noQuery, { ...context.query }),
      headers: contract.headers && parse('header', contract.headers, context.headers),
      body: contract.body && parse('body', contract.body, requestBody(context)),
      caller,
      // What not every handler asks for.
      get correlationId() {
        return CorrelationId.parse(logContext.current().correlationId);
      },
      get address() {
        return context.ip;
      },
    });
    context.status = contract.success.status;
    if (body instanceof PreparedAnswer) {
      context.type = 'json';
      context.body = body.json;
    } else if (body !== undefined) context.body = body;
  };

/** A VALIDATION_ERROR that names the field. */
export const invalid = (field: string, problem: string, cause?: unknown): ApiError =>
  new ApiError('VALIDATION_ERROR', `${field}: ${problem}`, { cause });

/** Parses by a schema; what is wrong is named as `where.field: problem`. */
export const parse = <S extends z.ZodType>(where: string, schema: S, value: unknown): z.infer<S> => {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw invalid([where, ...(issue?.path ?? [])].join('.'), issue?.message ?? 'not valid', parsed.error);
};

const requestBody = (context: Context): unknown => {
  const { rawBody, body } = context.request as { rawBody?: string; body?: unknown };
  if (rawBody === undefined) {
    if (context.request.length > 0) throw invalid('body', 'expected JSON; send content-type: application/json');
    return undefined;
  }
  return rawBody === '' ? undefined : body;
};

/** Gives each request a correlation id, its own if it brings a valid one. */
export const correlate: Middleware = async (context, next) => {
  const header = context.get('x-correlation-id');
  // Most requests bring none, and a refusal by the schema costs more than all the rest of this.
  const given = header === '' ? undefined : CorrelationId.safeParse(header);
  const correlationId = given?.success === true ? given.data : randomUUID();
  context.set('x-correlation-id', correlationId);
  await logContext.run({ correlationId }, next);
};

/** Measures each request by the route that answered it. */
export const measure: Middleware = async (context, next) => {
  const end = metrics.httpRequestDuration.startTimer();
  await next();
  const route = (context as { _matchedRoute?: string | RegExp })._matchedRoute;
  end({ method: context.method, route: route?.toString() ?? 'none', status: context.status });
};

const mapErrors: Middleware = async (context, next) => {
  try {
    await next();
  } catch (error) {
    const known = asApiError(error);
    context.status = known.status;
    if (known.retryAfterMs !== undefined) context.set('retry-after', String(Math.ceil(known.retryAfterMs / 1000)));
    context.body = errorBody(known, context.response.get('x-correlation-id'));
  }
};

/** What a client is told of any error; what is not foreseen is logged, and told as INTERNAL with nothing of the inside. */
export const asApiError = (error: unknown): ApiError => {
  if (error instanceof ApiError) return error;
  if (isUnavailable(error)) {
    logger.warn({ err: error }, 'something needed is away');
    return new ApiError('UNAVAILABLE', 'The service is busy or restarting; try again in a moment.', {
      retryAfterMs: 1000,
    });
  }
  logger.error({ err: error }, 'unexpected error');
  return new ApiError('INTERNAL', 'Something went wrong on our side; it has been logged.');
};

export const errorBody = (error: ApiError, correlationId: string) => ({
  error: error.code,
  detail: error.message,
  correlationId,
  ...(error.code === 'COOLDOWN' && error.retryAfterMs !== undefined ? { retryAfterMs: error.retryAfterMs } : {}),
});
