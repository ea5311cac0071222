import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { randomBytes, randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { applyTopics } from '../../scripts/lib/kafka.ts';
import { createTopics, servers, unique } from '../../tests/servers.ts';
import { UnavailableError } from '../platform/errors.ts';
import { consume, type Delivery } from '../platform/kafka/consumer.ts';
import { openProducer, type OutgoingRecord, type Producer } from '../platform/kafka/producer.ts';
import { collect } from './collector.ts';
import type { Message } from './messages.ts';
import { letterOf, startConsole, type TestConsole } from './test-console.ts';

/** Real: Kafka, PostgreSQL, HTTP. */
const Thing = z.object({ eventId: z.uuid(), type: z.literal('Thing'), payload: z.object({ n: z.int() }) });
type Thing = z.infer<typeof Thing>;

let dlq: TestConsole;
let topic: string;
let producer: Producer;
const groups = { clumsy: unique('clumsy'), careful: unique('careful') };
/** What each consumer has done, by its inbox: each event once. */
const effects = { clumsy: new Map<string, number>(), careful: new Map<string, number>() };
/** What clumsy cannot handle yet. */
const broken = new Set<number>();

beforeAll(async () => {
  [topic = ''] = await createTopics({ name: 'things', partitions: 3 });
  await applyTopics(servers().kafka, [{ name: `${topic}.dlq`, partitions: 2, retentionMs: -1, retentionBytes: -1 }]);
  dlq = await startConsole([topic]);
  const { kafka, env, lifecycle } = dlq;
  producer = openProducer(kafka, lifecycle);
  for (const name of ['clumsy', 'careful'] as const) {
    const handle = async (batch: Delivery<Thing>[]) => {
      for (const { event } of batch) {
        if (name === 'clumsy' && broken.has(event.payload.n)) throw new Error(`no wallet ${event.payload.n}`);
      }
      for (const { event } of batch) {
        if (!effects[name].has(event.eventId)) effects[name].set(event.eventId, event.payload.n);
      }
    };
    await consume(kafka, env, producer, lifecycle, { group: groups[name], topics: { [topic]: Thing }, handle });
  }
  await collect(kafka, env, dlq.letters, lifecycle, { group: unique('dlq'), queues: [`${topic}.dlq`] });
}, 60_000);
afterAll(() => dlq.stop());

const until = async (what: string, holds: () => boolean | Promise<boolean>) => {
  for (const deadline = Date.now() + 30_000; !(await holds());) {
    if (Date.now() > deadline) throw new Error(`not in time: ${what}`);
    await sleep(20);
  }
};
const thing = (n: number): OutgoingRecord & { eventId: string } => {
  const eventId = randomUUID();
  const value = JSON.stringify({ eventId, type: 'Thing', payload: { n } });
  return { topic, key: `key-${n}`, value, headers: { colour: 'blue' }, eventId };
};
/** The messages of an event, in the order in which they came. */
const messagesOf = async (eventId: string): Promise<Message[]> => {
  const rows = await dlq.database.query<{ id: string }>(
    { text: 'select id from dlq.messages where event_id = $1 order by id' },
    [eventId],
  );
  const found = await Promise.all(rows.map(({ id }) => dlq.messages.find(id)));
  return found.flatMap((message) => message ?? []);
};
const arrived = async (eventId: string, count: number): Promise<Message> => {
  await until(`message ${count} of ${eventId}`, async () => (await messagesOf(eventId)).length === count);
  const message = (await messagesOf(eventId))[count - 1];
  if (!message) throw new Error('gone');
  return message;
};

test('a poison event is listed, comes back with its count raised while it fails, and has its effect once after the fix', async () => {
  broken.add(7);
  const poison = thing(7);
  const next = { ...thing(8), key: 'key-7' };
  await producer.send([poison, next]);
  const first = await arrived(poison.eventId, 1);
  expect(first).toMatchObject({ status: 'NEW', consumer: groups.clumsy, attempts: 4, errorKind: 'Error: no wallet …' });
  await until('the partition goes on', () => effects.clumsy.has(next.eventId));

  const operator = await dlq.operator();
  expect((await operator.get('/')).text).toContain('Error: no wallet …');
  expect((await operator.get(`/messages?topic=${topic}&error=wallet`)).text).toContain(`href="/messages/${first.id}"`);
  const page = (await operator.get(`/messages/${first.id}`)).text;
  for (const shown of ['no wallet 7', 'key-7', 'colour', 'blue', poison.eventId, groups.clumsy]) {
    expect(page).toContain(shown);
  }

  expect((await operator.decide('REPLAY', [first.id])).text).toContain('1 replayed');
  const second = await arrived(poison.eventId, 2);
  expect(second).toMatchObject({ status: 'NEW', attempts: 8, origin: first.origin });
  expect((await operator.get(`/messages/${second.id}`)).text).toContain(`href="/messages/${first.id}"`);
  expect((await dlq.messages.find(first.id))?.status).toBe('REPLAYED');

  broken.delete(7);
  await operator.decide('REPLAY', [second.id]);
  await until('the effect', () => effects.clumsy.get(poison.eventId) === 7);
  // Once more, as after a crash between the sending and the marking.
  await dlq.database.query({ text: `update dlq.messages set status = 'NEW' where id = $1` }, [second.id]);
  await operator.decide('REPLAY', [second.id]);
  const last = thing(9);
  await producer.send([{ ...last, key: 'key-7' }]);
  await until('all is read', () => effects.clumsy.has(last.eventId) && effects.careful.has(last.eventId));
  expect([...effects.clumsy.values()].filter((n) => n === 7)).toHaveLength(1);
  expect([...effects.careful.values()].filter((n) => n === 7)).toHaveLength(1);
  expect(await messagesOf(poison.eventId)).toHaveLength(2);
});

test('a replay of several says what it could and what not, and is recorded', async () => {
  broken.add(20).add(21).add(22);
  const things = [thing(20), thing(21), thing(22)];
  await producer.send(things);
  const ids = (await Promise.all(things.map(({ eventId }) => arrived(eventId, 1)))).map(({ id }) => id);
  broken.clear();
  const operator = await dlq.operator();
  const discarded = await operator.decide('DISCARD', ids.slice(0, 1), 'a test of the shop');
  expect(discarded.text).toContain('1 discarded');
  expect((await operator.decide('DISCARD', ids.slice(0, 2), 'again')).text).toContain(
    '1 discarded, 1 could not: already discarded (1)',
  );
  // What was discarded by mistake can still be replayed.
  const result = await operator.decide('REPLAY', [...ids, '999999']);
  expect(result.text).toContain('3 replayed');
  expect((await operator.decide('REPLAY', ids)).text).toContain('0 replayed, 3 could not: already replayed (3)');
  await until('their effects', () => things.every(({ eventId }) => effects.clumsy.has(eventId)));

  const audit = (await operator.get('/audit')).text;
  for (const shown of ['a test of the shop', '1 discarded', '3 replayed', 'already replayed (3)', 'operator']) {
    expect(audit).toContain(shown);
  }
  const history = (await operator.get(`/messages/${ids[0] ?? ''}`)).text;
  for (const shown of ['discarded', 'a test of the shop', 'replayed', 'which could not be: already replayed']) {
    expect(history).toContain(shown);
  }
});

test('a replay goes in the order of the messages, to the same key, with the same headers', async () => {
  const [other = ''] = await createTopics({ name: 'ordered', partitions: 1 });
  const letters = Array.from({ length: 30 }, (_, n) =>
    letterOf(`${other}.dlq`, { key: 'k', value: String(n), headers: { colour: 'red', traceparent: 'none' } }),
  );
  await dlq.letters.add(letters);
  const rows = await dlq.database.query<{ id: string }>({ text: 'select id from dlq.messages where topic = $1' }, [
    other,
  ]);
  const operator = await dlq.operator();
  await operator.decide('REPLAY', rows.map(({ id }) => id).toReversed());
  const seen: { key: string; value: string; headers: Record<string, string> }[] = [];
  const consumer = dlq.kafka.consumer({ groupId: unique('reader') });
  dlq.lifecycle.onStop('reader', () => consumer.disconnect());
  await consumer.connect();
  await consumer.subscribe({ topics: [other], fromBeginning: true });
  await consumer.run({
    eachMessage: async ({ message }) => {
      const headers = Object.entries(message.headers ?? {}).map(([name, value]) => [name, String(value)]);
      seen.push({
        key: String(message.key),
        value: String(message.value),
        headers: Object.fromEntries(headers) as Record<string, string>,
      });
    },
  });
  await until('all', () => seen.length === 30);
  expect(seen.map(({ value }) => Number(value))).toEqual(Array.from({ length: 30 }, (_, n) => n));
  expect(seen[0]).toMatchObject({
    key: 'k',
    headers: { colour: 'red', traceparent: 'none', 'dlq-replay-for': 'wallet', 'dlq-attempts': '4' },
  });
  expect(seen[0]?.headers).not.toHaveProperty('dlq-error');
});

test('nothing that lies in a queue stops the console: bytes of any kind, and what it can do nothing with it says', async () => {
  const queue = `${topic}.dlq`;
  const marker = randomUUID();
  const odd: OutgoingRecord[] = [
    { topic: queue, key: null, value: null },
    { topic: queue, key: Buffer.from([0, 255]), value: Buffer.alloc(0), headers: {} },
    { topic: queue, key: '\0', value: '"\\u0000\\ud800"', headers: { '\0': '\0', 'dlq-error': '\0', 'dlq-at': '\0' } },
    { topic: queue, key: 'k'.repeat(5000), value: `{"type":"${'t'.repeat(5000)}\\u0000","eventId":"\\ud800"}` },
    {
      topic: queue,
      key: 'k',
      value: '{',
      headers: { 'dlq-consumer': 'c'.repeat(5000), 'dlq-attempts': '9'.repeat(30) },
    },
    { topic: queue, key: 'k', value: '['.repeat(100_000), headers: { 'dlq-partition': '-1', 'dlq-offset': 'x' } },
    { topic: queue, key: 'k', value: ' '.repeat(1_080_000), headers: { 'dlq-at': '99999999999999999' } },
    ...Array.from({ length: 100 }, () => ({
      topic: queue,
      key: randomBytes(20),
      value: randomBytes(200),
      headers: { [randomBytes(8).toString('latin1')]: randomBytes(50), 'dlq-error': randomBytes(50) },
    })),
    { topic: queue, key: 'k', value: JSON.stringify({ eventId: marker }) },
  ];
  const size = async () => dlq.messages.count({ topic, status: 'ANY' });
  const before = await size();
  await producer.send(odd);
  await until('all of them', async () => (await size()) === before + odd.length);
  await arrived(marker, 1);
  const operator = await dlq.operator();
  const ids = await dlq.database.query<{ id: string }>(
    { text: 'select id from dlq.messages where topic = $1 order by id desc limit $2' },
    [topic, odd.length],
  );
  for (const { id } of ids) expect((await operator.get(`/messages/${id}`)).status).toBe(200);
  const unnamed = (await arrived(marker, 1)).id;
  expect((await operator.decide('REPLAY', [unnamed])).text).toContain('does not say which consumer it is for (1)');
});

test('a record that its topic does not take is refused, the others of the decision go', async () => {
  const sent = thing(30);
  const large = {
    value: JSON.stringify({ eventId: randomUUID(), more: 'x'.repeat(1_048_600) }),
    headers: { 'dlq-consumer': groups.clumsy },
  };
  const fits = { value: String(sent.value), headers: { 'dlq-consumer': groups.clumsy } };
  await dlq.letters.add([letterOf(`${topic}.dlq`, large), letterOf(`${topic}.dlq`, fits)]);
  const rows = await dlq.database.query<{ id: string }>({
    text: 'select id from dlq.messages order by id desc limit 2',
  });
  const operator = await dlq.operator();
  const { text } = await operator.decide(
    'REPLAY',
    rows.map(({ id }) => id),
  );
  expect(text).toContain('1 replayed, 1 could not: larger than its topic takes (1)');
  await until('the other', () => effects.clumsy.has(sent.eventId));
}, 60_000);

test('while the database is away the collector waits, and nothing is lost', async () => {
  const add = dlq.letters.add.bind(dlq.letters);
  let refused = 0;
  dlq.letters.add = async () => {
    refused++;
    throw new UnavailableError('the database is away');
  };
  const eventId = randomUUID();
  await producer.send([{ topic: `${topic}.dlq`, key: 'k', value: JSON.stringify({ eventId }) }]);
  await until('several tries', () => refused >= 3);
  dlq.letters.add = add;
  await arrived(eventId, 1);
});

test('the same failure told twice is one message; a topic made anew has the same places again', async () => {
  const letter = letterOf(`${topic}.dlq`, { offset: 5 });
  expect(await dlq.letters.add([letter])).toBe(1);
  expect(await dlq.letters.add([letter, { ...letter, queueOffset: '6' }])).toBe(0);
  const anew = { ...letter, queuedAt: new Date(Date.now() + 60_000).toISOString(), origin: `${letter.origin}0` };
  expect(await dlq.letters.add([anew])).toBe(1);
});

test('messages are kept for 45 days', async () => {
  await dlq.letters.add([letterOf(`${topic}.dlq`), letterOf(`${topic}.dlq`)]);
  const rows = await dlq.database.query<{ id: string }>({
    text: 'select id from dlq.messages order by id desc limit 2',
  });
  const [young = '', old = ''] = rows.map(({ id }) => id);
  for (const [id, days] of [
    [young, 44],
    [old, 46],
  ] as const) {
    await dlq.database.query(
      { text: 'update dlq.messages set arrived_at = now() - make_interval(days => $2) where id = $1' },
      [id, days],
    );
  }
  await dlq.letters.sweep();
  expect(await dlq.messages.find(old)).toBeNull();
  expect(await dlq.messages.find(young)).not.toBeNull();
});
