import type Router from '@koa/router';
import { bodyParser } from '@koa/bodyparser';
import type { ParameterizedContext } from 'koa';
import { z } from 'zod';
import { ApiError } from '../platform/errors.ts';
import { invalid, parse } from '../platform/http/app.ts';
import { logger } from '../platform/telemetry/logger.ts';
import type { ConsoleParts, State } from './console.ts';
import { Action, type Scope } from './decisions.ts';
import { Filter } from './filter.ts';
import { confirmPage } from './pages/decision.ts';
import { signInPage } from './pages/sign-in.ts';
import { local } from './visit.ts';

/** A decision about few messages is awaited for so long; the rest is done in the background. */
const awaitedMs = 3000;
const mostPicked = 200;

const body = bodyParser({
  enableTypes: ['text'],
  extendTypes: { text: ['application/x-www-form-urlencoded'] },
  textLimit: '64kb',
  onError: (error) => {
    throw invalid('form', error.name === 'PayloadTooLargeError' ? 'too long' : 'cannot be read', error);
  },
});

const SignIn = z.object({ username: z.string().max(200), password: z.string().max(1000), next: z.string().optional() });
const Decide = z.object({
  action: Action,
  reason: z.string().trim().max(500).default(''),
  back: z.string().default('/messages'),
  filter: z.string().optional(),
});
const Picked = z.array(z.string().regex(/^[1-9]\d{0,17}$/)).max(mostPicked);

const pickedIn = (fields: URLSearchParams): string[] => {
  const ids = parse('id', Picked, fields.getAll('id'));
  if (ids.length === 0) throw invalid('messages', 'pick at least one');
  return ids;
};

/** The forms: each has the token of its session, and leads to a page. */
export const formActions = (router: Router<State>, { operators, decisions }: ConsoleParts): void => {
  /** @throws NOT_YOURS for a form that is not from a page of this session */
  const fieldsOf = (context: ParameterizedContext<State>): URLSearchParams => {
    const { body: text } = context.request as { body?: unknown };
    const fields = new URLSearchParams(typeof text === 'string' ? text : '');
    if (context.state.visit.holds(fields.get('token') ?? '')) return fields;
    throw new ApiError('NOT_YOURS', 'This form is from another session. Load its page again and repeat it.');
  };

  router.post('/sign-in', body, async (context) => {
    const { visit } = context.state;
    const { username, password, next = '/' } = parse('form', SignIn, Object.fromEntries(fieldsOf(context)));
    const result = await operators.signIn(username, password, context.ip);
    if (result === 'unknown') {
      logger.warn({ address: context.ip }, 'sign-in refused');
      visit.show('Sign in', signInPage(visit.token, next, 'Name and password do not match.'));
      context.status = 401;
      return;
    }
    if ('waitMs' in result) {
      const minutes = Math.ceil(result.waitMs / 60_000);
      throw new ApiError('RATE_LIMITED', `Too many attempts from where you are. Try again in ${minutes} min.`, {
        retryAfterMs: result.waitMs,
      });
    }
    logger.info({ operator: result.operator, address: context.ip }, 'signed in');
    visit.become(result.operator);
    visit.leadTo(local(next));
  });

  router.post('/sign-out', body, async (context) => {
    fieldsOf(context);
    await context.state.visit.end();
    context.state.visit.leadTo(local('/sign-in'));
  });

  router.post('/decide', body, (context) => {
    const { visit } = context.state;
    const fields = fieldsOf(context);
    const { action, back } = parse('form', Decide, Object.fromEntries(fields));
    const ids = pickedIn(fields);
    const { pathname, search } = local(back);
    visit.show('Sure?', confirmPage(action, { ids }, ids.length, visit.token, pathname + search));
  });

  router.post('/decisions', body, async (context) => {
    const { visit } = context.state;
    const operator = visit.operator ?? '';
    const fields = fieldsOf(context);
    const { action, reason, back, filter } = parse('form', Decide, Object.fromEntries(fields));
    const scope: Scope =
      filter === undefined
        ? { ids: pickedIn(fields) }
        : { filter: parse('filter', Filter, Object.fromEntries(new URLSearchParams(filter))) };
    if (action === 'DISCARD' && reason === '') throw invalid('reason', 'say why they are discarded');
    const id = await decisions.take(operator, action, scope, reason === '' ? null : reason);
    logger.info({ operator, decision: id, action }, 'decided');
    if ('filter' in scope) {
      visit.leadTo(local(`/decisions/${id}`));
      return;
    }
    await decisions.carryOut(id, awaitedMs);
    const page = local(back);
    page.searchParams.set('decided', id);
    page.searchParams.delete('pick');
    visit.leadTo(page);
  });
};
