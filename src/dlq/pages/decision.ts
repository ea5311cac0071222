import type { Action, Decision, Scope } from '../decisions.ts';
import type { Filter } from '../filter.ts';
import { href, html, type Content, type Html } from './html.ts';
import { tokenField } from './layout.ts';
import { queryOf } from './list.ts';
import { count, number, time } from './words.ts';

const labels: Record<keyof Filter, string> = {
  topic: 'topic',
  consumer: 'consumer',
  error: 'error contains',
  key: 'key begins with or event id is',
  type: 'event type',
  status: 'status',
  from: 'failed from',
  to: 'failed before',
};

/** A filter in words. */
const describe = (filter: Filter): string => {
  const given = Object.entries(labels).flatMap(([name, label]) => {
    const value = queryOf(filter)[name];
    return value === undefined ? [] : [`${label} “${value}”`];
  });
  return ['all that wait', ...given].join(' · ');
};

const scopeOf = (scope: Scope): Content => {
  if ('filter' in scope)
    return html`<a href="${href('/messages', queryOf(scope.filter))}">${describe(scope.filter)}</a>`;
  const [only] = scope.ids;
  if (scope.ids.length === 1 && only !== undefined) return html`<a href="/messages/${only}">message ${only}</a>`;
  return count(scope.ids.length, 'picked message');
};

const words = {
  REPLAY: { name: 'Replay', done: 'replayed' },
  DISCARD: { name: 'Discard', done: 'discarded' },
} as const;

const refusedOf = ({ refused }: Decision): number => Object.values(refused).reduce((sum, one) => sum + one, 0);

/** `37 replayed, 2 could not: already replayed (2)`; while it is under way, how far it has come. */
export const resultOf = (decision: Decision): string => {
  const { action, total, succeeded, refused, finishedAt } = decision;
  const reasons = Object.entries(refused).map(([reason, size]) => `${reason} (${number(size)})`);
  const could = reasons.length === 0 ? '' : `, ${number(refusedOf(decision))} could not: ${reasons.join(', ')}`;
  const under = finishedAt ? '' : ` so far, of ${number(total)}`;
  return `${number(succeeded)} ${words[action].done}${could}${under}`;
};

/** A decision and how far it has come. */
export const decisionPage = (decision: Decision, refusals: { messageId: string; refusal: string }[]): Html => {
  const { id, at, operator, action, reason, scope, total, succeeded, finishedAt } = decision;
  return html`<div class="head">
      <h1>${words[action].name} ${id}</h1>
      <p class="lead">${operator}, ${time(at)}: ${scopeOf(scope)}</p>
    </div>
    <section class="sheet" aria-labelledby="result">
      <h2 id="result">${finishedAt ? 'Done' : 'Under way'}</h2>
      <p class="result" role="status">${resultOf(decision)}</p>
      <progress
        max="${Math.max(total, 1)}"
        value="${finishedAt ? Math.max(total, 1) : succeeded + refusedOf(decision)}"
        aria-label="Messages seen to"
      ></progress>
      ${reason !== null && html`<p>Reason: ${reason}</p>`}
      ${
        finishedAt
          ? html`<p class="meta">Finished ${time(finishedAt)}.</p>`
          : html`<p class="meta">
              This page looks again every two seconds, <a href="/decisions/${id}?still=1">or stands still</a>. It goes
              on by itself when it is left; while Kafka or the database is away it waits.
            </p>`
      }
    </section>
    ${
      refusals.length > 0 &&
      html`<section class="sheet" aria-labelledby="refused">
        <h2 id="refused">What could not be done</h2>
        <ul class="history">
          ${refusals.map(({ messageId, refusal }) => html`<li><a href="/messages/${messageId}">message ${messageId}</a>: ${refusal}</li>`)}
        </ul>
        ${refusedOf(decision) > refusals.length && html`<p class="more">and ${number(refusedOf(decision) - refusals.length)} more</p>`}
      </section>`
    }`;
};

/** The label of a field in which an operator says why. */
const whyLabels = { REPLAY: 'Note (optional)', DISCARD: 'Reason' } as const;
export const whyField = (action: Action): Html =>
  html`<div class="field">
    <label for="reason">${whyLabels[action]}</label>
    <input id="reason" name="reason" maxlength="500" autocomplete="off" ${action === 'DISCARD' && html`required`} />
  </div>`;

/** Asks once more before something is done with many, and why they are discarded. */
export const confirmPage = (action: Action, scope: Scope, total: number, token: string, back: string): Html => {
  const question = `${words[action].name} ${count(total, 'message')}`;
  return html`<div class="letter">
    <h1>${question}?</h1>
    ${'filter' in scope && html`<p>${describe(scope.filter)}</p>`}
    <form method="post" action="/decisions">
      ${tokenField(token)}<input type="hidden" name="back" value="${back}" />
      ${
        'filter' in scope
          ? html`<input
              type="hidden"
              name="filter"
              value="${new URLSearchParams(definedOf(scope.filter)).toString()}"
            />`
          : scope.ids.map((id) => html`<input type="hidden" name="id" value="${id}" />`)
      }
      ${whyField(action)}
      <div class="buttons">
        <button class="press" name="action" value="${action}">${question}</button>
        <a href="${back}">No, go back</a>
      </div>
    </form>
  </div>`;
};

const definedOf = (filter: Filter): [string, string][] =>
  Object.entries(filter).filter((entry): entry is [string, string] => typeof entry[1] === 'string');

/** What was decided by whom, the newest first. */
export const auditPage = (decisions: Decision[], hasOlder: boolean): Html =>
  html`<div class="head">
      <h1>Audit trail</h1>
      <p class="lead">Who decided what about which messages, and why.</p>
    </div>
    ${decisions.length === 0 && html`<p class="empty">Nothing has been decided yet.</p>`}
    <ol class="audit">
      ${decisions.map(
        (decision) =>
          html`<li>
            <a class="what" href="/decisions/${decision.id}">${words[decision.action].name} ${decision.id}</a>
            <span class="meta">${time(decision.at)}, ${decision.operator}</span>
            <span>${scopeOf(decision.scope)}</span>
            <span class="result">${resultOf(decision)}</span>
            ${decision.reason !== null && html`<span class="reason">“${decision.reason}”</span>`}
          </li>`,
      )}
    </ol>
    ${hasOlder && html`<nav class="turns" aria-label="Pages"><a class="quiet" href="${href('/audit', { before: decisions.at(-1)?.id })}">Older</a></nav>`}`;
