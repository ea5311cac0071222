import type { Change, Message, Summary } from '../messages.ts';
import { whyField } from './decision.ts';
import { href, html, type Content, type Html } from './html.ts';
import { tokenField } from './layout.ts';
import { statusMark } from './list.ts';
import { show } from './payload.ts';
import { ago, bytes, count, time } from './words.ts';

const fact = (name: string, value: Content): Content =>
  value !== null &&
  value !== '' &&
  html`<div>
    <dt>${name}</dt>
    <dd>${value}</dd>
  </div>`;

const facts = (message: Message): Html =>
  html`<dl class="facts">
    ${fact('Topic', html`<a href="${href('/messages', { topic: message.topic })}">${message.topic}</a>`)}
    ${fact('Consumer', message.consumer ?? 'not named')} ${fact('Attempts', message.attempts)}
    ${fact('Failed', time(message.failedAt))} ${fact('Event type', message.eventType)}
    ${fact('Key', message.key !== null && html`<code>${message.key}</code>`)}
    ${fact('Event id', message.eventId !== null && html`<code>${message.eventId}</code>`)}
    ${fact('Trace', message.traceId !== null && html`<code>${message.traceId}</code>`)}
    ${fact('Failed first at', html`<code>${message.origin.split('@')[0]}</code>`)}
    ${fact('Lies at', html`<code>${message.queue}/${message.queuePartition}/${message.queueOffset}</code>`)}
  </dl>`;

const payload = ({ id, record, payloadBytes }: Message): Html => {
  const { kind, text, cut } = show(record.payload);
  return html`<section class="sheet" aria-labelledby="payload">
    <h2 id="payload">Payload</h2>
    ${
      kind === 'nothing'
        ? html`<p class="meta">It has none.</p>`
        : html`<p class="meta">
              ${kind}, ${bytes(payloadBytes)}. ${cut && 'This is only its beginning.'}
              <a href="/messages/${id}/payload">Download it</a>
            </p>
            <pre class="${kind}" tabindex="0" role="region" aria-label="Payload as it came">${text}</pre>`
    }
  </section>`;
};

const decoded = (base64: string): string => Buffer.from(base64, 'base64').toString().slice(0, 2000);

const headers = ({ record }: Message): Html =>
  html`<section class="sheet" aria-labelledby="headers">
    <h2 id="headers">Headers</h2>
    ${record.headers.length === 0 && html`<p class="meta">It has none.</p>`}
    <dl class="headers">
      ${record.headers.map(
        ([name, value]) =>
          html`<div>
            <dt>${decoded(name)}</dt>
            <dd>${decoded(value)}</dd>
          </div>`,
      )}
    </dl>
  </section>`;

const actionWords = { REPLAY: 'replayed', DISCARD: 'discarded' } as const;

const decisionOf = ({ decisionId, at, operator, action, reason, refusal }: Change): Html =>
  html`<li>
    ${time(at)}: ${operator}
    ${refusal === null ? actionWords[action] : html`wanted it ${actionWords[action]}, which could not be: ${refusal}`}
    ${reason !== null && html`(“${reason}”)`} · <a href="/decisions/${decisionId}">decision ${decisionId}</a>
  </li>`;

const letterOf = (letter: Summary, shown: Message): Html =>
  html`<li>
    ${time(letter.failedAt)}: given up by ${letter.consumer ?? 'a consumer'} after ${count(letter.attempts, 'attempt')}
    in
    all${
      letter.id === shown.id
        ? html`, <strong>this message</strong>`
        : html`, <a href="/messages/${letter.id}">message ${letter.id}</a>: <span class="error">${letter.error}</span>`
    }
  </li>`;

const history = (message: Message, letters: Summary[], changes: Change[]): Html => {
  const told = [
    ...letters.map((letter) => ({ at: letter.failedAt, line: letterOf(letter, message) })),
    ...changes.map((change) => ({ at: change.at, line: decisionOf(change) })),
  ];
  return html`<section class="sheet" aria-labelledby="history">
    <h2 id="history">History</h2>
    <ol class="history">
      ${told.toSorted((a, b) => a.at.getTime() - b.at.getTime()).map(({ line }) => line)}
    </ol>
  </section>`;
};

const decide = ({ id, status, consumer }: Message, token: string): Content => {
  if (status === 'REPLAYED') {
    return html`<p class="sheet">It was replayed. Should it fail again, it comes back as another message.</p>`;
  }
  const fields = html`${tokenField(token)}<input type="hidden" name="id" value="${id}" />
    <input type="hidden" name="back" value="/messages/${id}" />`;
  const replay = html`<form method="post" action="/decisions">
    ${fields}<button class="press" name="action" value="REPLAY">Replay to ${consumer}</button>
  </form>`;
  const discard = html`<form class="discard" method="post" action="/decisions">
    ${fields} ${whyField('DISCARD')}<button class="quiet" name="action" value="DISCARD">Discard</button>
  </form>`;
  return html`<div class="decide">${consumer !== null && replay} ${status === 'NEW' && discard}</div>`;
};

/** All that is known of one message. */
export const detailPage = (message: Message, letters: Summary[], changes: Change[], token: string): Html =>
  html`<div class="head">
      <h1>${message.eventType ?? 'Not an event'}</h1>
      <p class="lead">Message ${message.id}, failed ${ago(message.failedAt)} ${statusMark(message.status)}</p>
    </div>
    <p class="fault">${message.error}</p>
    ${decide(message, token)}
    <div class="two">
      <section class="sheet" aria-labelledby="facts">
        <h2 id="facts">Where it came from</h2>
        ${facts(message)}
      </section>
      ${history(message, letters, changes)}
    </div>
    ${payload(message)} ${headers(message)}`;
