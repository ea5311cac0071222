import type { Filter } from '../filter.ts';
import type { Cursor, Page, Summary } from '../messages.ts';
import { href, html, type Content, type Html } from './html.ts';
import { tokenField } from './layout.ts';
import { ago, count, number } from './words.ts';

/** The query of a page that shows what fits the filter. */
export const queryOf = ({ status, ...fields }: Filter): Record<string, string | undefined> => ({
  ...fields,
  ...(status === 'NEW' ? {} : { status }),
});

const field = (name: string, label: string, value: string | undefined, type = 'text', list?: string): Html =>
  html`<div class="field">
    <label for="${name}">${label}</label>
    <input
      id="${name}"
      name="${name}"
      type="${type}"
      value="${value ?? ''}"
      autocomplete="off"
      ${list !== undefined && html`list="${list}"`}
    />
  </div>`;

const choice = (name: string, label: string, options: [value: string, text: string][], chosen: string): Html =>
  html`<div class="field">
    <label for="${name}">${label}</label>
    <select id="${name}" name="${name}">
      ${options.map(
        ([value, text]) => html`<option value="${value}" ${value === chosen && html`selected`}>${text}</option>`,
      )}
    </select>
  </div>`;

const statuses: [string, string][] = [
  ['', 'waiting'],
  ['REPLAYED', 'replayed'],
  ['DISCARDED', 'discarded'],
  ['ANY', 'any'],
];

const rare: (keyof Filter)[] = ['consumer', 'type', 'from', 'to'];

const search = (filter: Filter, topics: readonly string[], types: readonly string[]): Html =>
  html`<form class="search" method="get" action="/messages" role="search">
    ${choice(
      'topic',
      'Topic',
      [['', 'all topics'], ...topics.map((topic): [string, string] => [topic, topic])],
      filter.topic ?? '',
    )}
    ${choice('status', 'Status', statuses, filter.status === 'NEW' ? '' : filter.status)}
    ${field('error', 'Error contains', filter.error, 'search')}
    ${field('key', 'Key begins with, or event id', filter.key, 'search')}
    <details ${rare.some((name) => filter[name] !== undefined) && html`open`}>
      <summary>Consumer, event type, time</summary>
      <div class="fields">
        ${field('consumer', 'Consumer', filter.consumer)} ${field('type', 'Event type', filter.type, 'text', 'types')}
        ${field('from', 'Failed from (UTC)', filter.from, 'datetime-local')}
        ${field('to', 'Failed before (UTC)', filter.to, 'datetime-local')}
        <datalist id="types">${types.map((type) => html`<option value="${type}"></option>`)}</datalist>
      </div>
    </details>
    <div class="buttons">
      <button class="quiet">Search</button>
      <a href="/messages">Clear</a>
    </div>
  </form>`;

const statusWords = { NEW: 'waits', REPLAYED: 'replayed', DISCARDED: 'discarded' } as const;
export const statusMark = (status: Summary['status']): Html =>
  html`<span class="status ${status.toLowerCase()}">${statusWords[status]}</span>`;

const item = (message: Summary, picked: boolean, marked: boolean): Html =>
  html`<li>
    <label class="pick"
      ><input type="checkbox" name="id" value="${message.id}" ${picked && html`checked`} /><span class="sr-only"
        >Pick ${message.id}</span
      ></label
    >
    <a href="/messages/${message.id}">
      <span class="what">${message.eventType ?? 'not an event'}</span>
      <span class="error">${message.error}</span>
      <span class="meta">
        <span>${message.topic}</span>
        <span>${message.consumer ?? 'consumer not named'}</span>
        ${message.key !== null && html`<span class="key">${message.key}</span>`}
        <span>${count(message.attempts, 'attempt')}</span>
        <span>${ago(message.failedAt)}</span>
      </span>
    </a>
    ${marked && statusMark(message.status)}
  </li>`;

const cursorTo = (towards: Cursor['towards'], message: Summary | undefined): string | undefined =>
  message && `${message.failedAt.getTime()}-${message.id}-${towards}`;

const turns = (filter: Filter, { items, hasNewer, hasOlder }: Page): Html => {
  const to = (at: string | undefined) => href('/messages', { ...queryOf(filter), at });
  return html`<nav class="turns" aria-label="Pages">
    ${hasNewer && html`<a class="quiet" href="${to(cursorTo('newer', items[0]))}">Newer</a>`}
    ${hasOlder && html`<a class="quiet" href="${to(cursorTo('older', items.at(-1)))}">Older</a>`}
  </nav>`;
};

const all = (filter: Filter, total: number): Content => {
  if (filter.status === 'REPLAYED' || filter.status === 'DISCARDED') return null;
  const decide = (action: string) => href('/decide', { action, ...queryOf(filter) });
  return html`<p>
    All ${number(total)} that match: <a href="${decide('REPLAY')}">replay</a> or
    <a href="${decide('DISCARD')}">discard</a>
  </p>`;
};

export interface ListOptions {
  filter: Filter;
  page: Page;
  topics: readonly string[];
  /** Types of events, to choose from. */
  types: readonly string[];
  token: string;
  /** Where to come back to. */
  back: string;
  /** Whether all on the page are picked. */
  picked: boolean;
}

const letters = ({ filter, page, token, back, picked }: ListOptions): Html => {
  const here = new URLSearchParams(back.split('?')[1]);
  here.delete('pick');
  if (!picked) here.set('pick', 'all');
  return html`<form method="post" action="/decisions">
    ${tokenField(token)}<input type="hidden" name="back" value="${back}" />
    <ul class="letters">
      ${page.items.map((message) => item(message, picked, filter.status !== 'NEW'))}
    </ul>
    ${turns(filter, page)}
    <div class="bar">
      <button class="press" name="action" value="REPLAY">Replay picked</button>
      <button class="quiet" name="action" value="DISCARD" formaction="/decide">Discard picked…</button>
      <p><a href="/messages?${here.toString()}">${picked ? 'Pick none' : 'Pick all on this page'}</a></p>
      ${all(filter, page.total)}
    </div>
  </form>`;
};

/** What fits a filter, the newest first. */
export const listPage = (options: ListOptions): Html => {
  const { filter, page, topics, types } = options;
  return html`<div class="head">
      <h1>Messages</h1>
      <p class="lead">${count(page.total, 'message')} ${page.total === 1 ? 'matches' : 'match'}.</p>
    </div>
    ${search(filter, topics, types)}
    ${
      page.items.length === 0
        ? html`<p class="empty">
            Nothing is here. ${filter.status === 'NEW' && 'What was replayed or discarded has another status.'}
          </p>`
        : letters(options)
    }`;
};
