import type Router from '@koa/router';
import { topics as eventsOf } from '../contracts/events.ts';
import { ApiError } from '../platform/errors.ts';
import { parse } from '../platform/http/app.ts';
import { typesOf } from '../platform/kafka/parse.ts';
import type { ConsoleParts, State } from './console.ts';
import { Action, type Decisions } from './decisions.ts';
import { Filter } from './filter.ts';
import type { Cursor, Message, Messages } from './messages.ts';
import { auditPage, confirmPage, decisionPage, resultOf } from './pages/decision.ts';
import { detailPage } from './pages/detail.ts';
import { href, html } from './pages/html.ts';
import type { Frame } from './pages/layout.ts';
import { listPage, queryOf } from './pages/list.ts';
import { overviewPage } from './pages/overview.ts';
import { signInPage } from './pages/sign-in.ts';

const auditPageSize = 50;
const refusalsShown = 100;
const refreshSeconds = 2;

/** Every type of event there is, to choose from. */
const eventTypes = Object.values(eventsOf)
  .flatMap((schema) => typesOf<unknown>(schema))
  .toSorted();

const notHere = () => new ApiError('NOT_FOUND', 'It is not here (any more): messages are kept for 45 days.');
const isId = (text: string): boolean => /^[1-9]\d{0,17}$/.test(text);

/** What an address says once; the first where it is said twice. */
const only = (value: string | string[] | undefined): string | undefined => (Array.isArray(value) ? value[0] : value);
const cursorOf = (text: string | undefined): Cursor | null => {
  const [, ms, id, towards] = /^(\d{1,14})-([1-9]\d{0,17})-(older|newer)$/.exec(text ?? '') ?? [];
  return id === undefined || (towards !== 'older' && towards !== 'newer')
    ? null
    : { failedAt: new Date(Number(ms)), id, towards };
};

/** What a decision that was just taken came to, above the page it was taken on. */
const noticeOf = async (decisions: Decisions, id: string | undefined): Promise<Frame['notice']> => {
  const decision = id !== undefined && isId(id) ? await decisions.find(id) : null;
  if (!decision) return undefined;
  return {
    text: html`${resultOf(decision)}. <a href="/decisions/${decision.id}">Decision ${decision.id}</a>`,
    bad: Object.keys(decision.refused).length > 0,
  };
};

const found = async (messages: Messages, id: string): Promise<Message> => {
  const message = isId(id) ? await messages.find(id) : null;
  if (!message) throw notHere();
  return message;
};

/** The pages that only show. */
export const views = (router: Router<State>, { messages, decisions, topics }: ConsoleParts): void => {
  router.get('/sign-in', (context) => {
    const { visit } = context.state;
    visit.show('Sign in', signInPage(visit.token, only(context.query['next']) ?? '/'));
  });

  router.get('/', async (context) => {
    const [overview, open] = await Promise.all([messages.overview(topics), decisions.open()]);
    context.state.visit.show('Overview', overviewPage(overview, open));
  });

  router.get('/messages', async (context) => {
    const { visit } = context.state;
    const { at, decided, pick, ...query } = context.query;
    const filter = parse('filter', Filter, query);
    const [page, notice] = await Promise.all([
      messages.page(filter, cursorOf(only(at))),
      noticeOf(decisions, only(decided)),
    ]);
    visit.show(
      'Messages',
      listPage({
        filter,
        page,
        topics,
        types: eventTypes,
        token: visit.token,
        back: context.url,
        picked: pick === 'all',
      }),
      notice,
    );
  });

  router.get('/messages/:id', async (context) => {
    const { visit } = context.state;
    const message = await found(messages, context.params['id'] ?? '');
    const [letters, changes, notice] = await Promise.all([
      messages.letters(message),
      messages.changes(message.id),
      noticeOf(decisions, only(context.query['decided'])),
    ]);
    visit.show(`Message ${message.id}`, detailPage(message, letters, changes, visit.token), notice);
  });

  router.get('/messages/:id/payload', async (context) => {
    const { id, record } = await found(messages, context.params['id'] ?? '');
    context.attachment(`message-${id}`);
    context.type = 'application/octet-stream';
    context.body = record.payload ?? Buffer.alloc(0);
  });

  router.get('/decide', async (context) => {
    const { visit } = context.state;
    const { action, ...query } = context.query;
    const filter = parse('filter', Filter, query);
    const wanted = parse('action', Action, action);
    const total = await messages.count({ ...filter, status: 'NEW' });
    visit.show('Sure?', confirmPage(wanted, { filter }, total, visit.token, href('/messages', queryOf(filter))));
  });

  router.get('/decisions/:id', async (context) => {
    const id = context.params['id'] ?? '';
    const decision = isId(id) ? await decisions.find(id) : null;
    if (!decision) throw notHere();
    // Not in the page: there it could not be stopped by who cannot read so fast.
    if (!decision.finishedAt && context.query['still'] === undefined) context.set('refresh', String(refreshSeconds));
    context.state.visit.show(`Decision ${id}`, decisionPage(decision, await decisions.refusals(id, refusalsShown)));
  });

  router.get('/audit', async (context) => {
    const before = only(context.query['before']);
    const list = await decisions.list(before !== undefined && isId(before) ? before : null, auditPageSize + 1);
    const hasOlder = list.length > auditPageSize;
    context.state.visit.show('Audit trail', auditPage(list.slice(0, auditPageSize), hasOlder));
  });
};
