import type { Decision } from '../decisions.ts';
import type { TopicState } from '../messages.ts';
import { href, html, type Content, type Html } from './html.ts';
import { age, ago, count, number } from './words.ts';

const running = ({ id, action, total, succeeded, refused }: Decision): Html => {
  const done = succeeded + Object.values(refused).reduce((sum, one) => sum + one, 0);
  const what = action === 'REPLAY' ? 'Replay' : 'Discard';
  return html`<p class="notice">
    <a href="/decisions/${id}">${what} ${id}</a> is under way: ${number(done)} of ${count(total, 'message')}.
  </p>`;
};

const group = (topic: string, { consumer, error, count: size, newest }: TopicState['groups'][number]): Html =>
  html`<li>
    <a href="${href('/messages', { topic, consumer: consumer ?? undefined, error })}">
      <span class="size">${number(size)}</span>
      <span class="error">${error}</span>
      <span class="meta">${consumer ?? 'consumer not named'}, last one ${ago(new Date(newest))}</span>
    </a>
  </li>`;

const topicSheet = (state: TopicState): Html => {
  const { topic, waiting, oldest, lastHour, replayed, discarded, groups, kinds } = state;
  const messages = (status?: string) => href('/messages', { topic, status });
  return html`<section class="sheet" aria-labelledby="topic-${topic}">
    <h2 id="topic-${topic}"><a href="${messages()}">${topic}</a></h2>
    <dl class="figures">
      <div class="waiting ${waiting === 0 && 'none'}">
        <dt>${waiting === 1 ? 'waits' : 'wait'}</dt>
        <dd>${number(waiting)}</dd>
      </div>
      <div>
        <dt>the oldest</dt>
        <dd>${oldest ? age(oldest) : '–'}</dd>
      </div>
      <div>
        <dt>in the last hour</dt>
        <dd>${number(lastHour)}</dd>
      </div>
    </dl>
    ${
      groups.length > 0 &&
      html`<ul class="groups" aria-label="Errors of ${topic}">
        ${groups.map((one) => group(topic, one))}
      </ul>`
    }
    ${kinds > groups.length && html`<p class="more"><a href="${messages()}">and ${count(kinds - groups.length, 'other error')}</a></p>`}
    <p class="decided">
      <a href="${messages('REPLAYED')}">${number(replayed)} replayed</a>
      <a href="${messages('DISCARDED')}">${number(discarded)} discarded</a>
    </p>
  </section>`;
};

const headline = (topics: TopicState[]): Content => {
  const waiting = topics.reduce((sum, topic) => sum + topic.waiting, 0);
  const oldest = topics.flatMap((topic) => topic.oldest ?? []).toSorted((a, b) => a.getTime() - b.getTime())[0];
  if (oldest === undefined)
    return html`<h1>Nothing waits</h1>
      <p class="lead">Every event found its consumer.</p>`;
  return html`<h1>${count(waiting, 'letter')} ${waiting === 1 ? 'waits' : 'wait'}</h1>
    <p class="lead">
      Events that a consumer could not handle, the oldest for ${age(oldest)}. Mend what is at fault and replay them, or
      discard them with a reason.
    </p>`;
};

/** What waits, by topic, and which errors it has. */
export const overviewPage = (topics: TopicState[], open: Decision[]): Html =>
  html`<div class="head"><div>${headline(topics)}</div></div>
    ${open.map(running)}
    <div class="topics">${topics.toSorted((a, b) => b.waiting - a.waiting).map(topicSheet)}</div>`;
