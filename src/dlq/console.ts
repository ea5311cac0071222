import Router from '@koa/router';
import Koa, { type Middleware, type ParameterizedContext } from 'koa';
import { ApiError } from '../platform/errors.ts';
import { asApiError, correlate, measure } from '../platform/http/app.ts';
import { logger } from '../platform/telemetry/logger.ts';
import type { Decisions } from './decisions.ts';
import { formActions } from './forms.ts';
import type { Messages } from './messages.ts';
import type { Operators } from './operators.ts';
import { href } from './pages/html.ts';
import { problemPage } from './pages/sign-in.ts';
import { font, icon, style } from './pages/style.ts';
import type { Sessions } from './sessions.ts';
import { views } from './views.ts';
import { local, Visit } from './visit.ts';

export interface ConsoleParts {
  sessions: Sessions;
  operators: Operators;
  messages: Messages;
  decisions: Decisions;
  /** The topics whose dead letters are here. */
  topics: readonly string[];
  trustedProxies: number;
}

/** What a request carries along. */
export interface State {
  visit: Visit;
}

/** Nothing is loaded from elsewhere, nothing runs in the browser, nobody may put a page into a frame. */
const policy =
  "default-src 'none'; style-src 'self'; img-src 'self'; font-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

const secure: Middleware = async (context, next) => {
  context.set('content-security-policy', policy);
  context.set('x-content-type-options', 'nosniff');
  context.set('referrer-policy', 'same-origin');
  context.set('cross-origin-opener-policy', 'same-origin');
  context.set('permissions-policy', 'camera=(), geolocation=(), microphone=(), payment=()');
  context.set('cache-control', 'no-store');
  await next();
};

const files: Record<string, { type: string; content: string | Buffer | null }> = {
  '/style.css': { type: 'text/css', content: style },
  '/icon.svg': { type: 'image/svg+xml', content: icon },
  '/display.woff2': { type: 'font/woff2', content: font },
};
const serveFiles: Middleware = async (context, next) => {
  const file = context.method === 'GET' ? files[context.path] : undefined;
  if (!file?.content) {
    await next();
    return;
  }
  context.set('cache-control', 'public, max-age=31536000, immutable');
  context.type = file.type;
  context.body = file.content;
};

/** Pages but the sign-in are for operators. */
const admit =
  (sessions: Sessions): Middleware<State> =>
  async (context, next) => {
    const visit = new Visit(context, sessions);
    context.state.visit = visit;
    await explained(context, async () => {
      await visit.recognise();
      if (visit.operator === null && context.path !== '/sign-in') {
        if (context.method === 'POST') {
          throw new ApiError('UNAUTHORIZED', 'Your session is over; sign in and repeat it.');
        }
        visit.leadTo(local(href('/sign-in', { next: context.path === '/' ? undefined : context.url })));
        return;
      }
      await next();
      if (context.status === 404 && context.body === undefined) {
        throw new ApiError('NOT_FOUND', 'There is nothing at this address.');
      }
    });
  };

const titles: Partial<Record<number, string>> = {
  400: 'This does not work',
  401: 'Signed out',
  403: 'Not from this page',
  404: 'Not here',
  405: 'This does not work',
  429: 'Too many attempts',
  503: 'Busy for a moment',
};

/** Every problem is a page of its own, with nothing of the inside. */
const explained = async (context: ParameterizedContext<State>, work: () => Promise<void>): Promise<void> => {
  try {
    await work();
  } catch (error) {
    const known = asApiError(error);
    if (known.retryAfterMs !== undefined) context.set('retry-after', String(Math.ceil(known.retryAfterMs / 1000)));
    const title = titles[known.status] ?? 'Something went wrong';
    context.state.visit.show(title, problemPage(title, known.message));
    context.status = known.status;
  }
};

/** The console: pages for people, which need no script. */
export const createConsole = (parts: ConsoleParts): Koa => {
  const app = new Koa({ proxy: parts.trustedProxies > 0, maxIpsCount: parts.trustedProxies });
  app.on('error', (error: Error) => logger.debug({ error: error.message }, 'connection error'));
  app.use(correlate).use(measure).use(secure).use(serveFiles).use(admit(parts.sessions));
  const router = new Router<State>({ exclusive: true });
  views(router, parts);
  formActions(router, parts);
  app.use(router.routes());
  const refusal = () => new ApiError('METHOD_NOT_ALLOWED', 'This address does not take that.');
  app.use(router.allowedMethods({ throw: true, methodNotAllowed: refusal, notImplemented: refusal }));
  return app;
};
