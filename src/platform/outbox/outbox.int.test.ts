import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { createGameDatabase, type GameDatabase } from '../../../tests/games.ts';
import { directClient, type Database } from '../database/database.ts';
import { UnavailableError } from '../errors.ts';
import type { Delivery } from '../kafka/consumer.ts';
import type { OutgoingRecord, Producer } from '../kafka/producer.ts';
import { ProcessLifecycle } from '../lifecycle.ts';
import { metrics } from '../telemetry/metrics.ts';
import { unseen } from './inbox.ts';
import { insertOutbox } from './outbox.ts';
import { relayLock, startRelay } from './relay.ts';

/** Real: PostgreSQL. Kafka is a written double that notes what it confirms, and can be away. */
class NotedProducer implements Producer {
  readonly records: { key: string; value: string }[] = [];
  away = false;

  async send(records: OutgoingRecord[]): Promise<void> {
    await sleep(1);
    // As a broker that goes away in the middle: a part has arrived, and nobody knows which.
    const arrived = this.away ? records.slice(0, records.length >> 1) : records;
    this.records.push(...arrived.map(({ key, value }) => ({ key: String(key), value: String(value) })));
    if (this.away) throw new UnavailableError('Kafka did not confirm');
  }
}

let db: GameDatabase;
let combat: Database;
const lifecycles: ProcessLifecycle[] = [];
beforeEach(async () => {
  db = await createGameDatabase();
  combat = await db.as('combat');
});
afterEach(async () => {
  await Promise.all(lifecycles.splice(0).map((one) => one.stop()));
  await db.drop();
});

const until = async (what: string, holds: () => boolean | Promise<boolean>) => {
  for (const deadline = Date.now() + 15_000; !(await holds());) {
    if (Date.now() > deadline) throw new Error(`never: ${what}`);
    await sleep(10);
  }
};
const relay = (producer: Producer) => {
  const lifecycle = new ProcessLifecycle();
  lifecycles.push(lifecycle);
  return { lifecycle, relay: startRelay(db.env('combat'), combat, producer, 'combat', lifecycle) };
};
const append = async (key: string, value: string): Promise<void> => {
  await combat.transaction(async (transaction) => {
    await transaction.query({ text: 'select pg_advisory_xact_lock(hashtext($1))' }, [key]); // The aggregate's lock.
    await transaction.query({ text: insertOutbox(1) }, [JSON.stringify([{ topic: 't', key, value, headers: {} }])]);
  });
};
/** Several writers, each row under the lock of its key. */
const write = async (keys: string[], from: number, to: number) => {
  await Promise.all(
    keys.map(async (key) => {
      for (let n = from; n < to; n++) await append(key, String(n));
    }),
  );
};
/** In the order in which each was seen first: what a consumer with an inbox makes of it. */
const firsts = (records: { key: string; value: string }[], key: string) => [
  ...new Set(records.filter((one) => one.key === key).map(({ value }) => Number(value))),
];
const range = (to: number) => Array.from({ length: to }, (_, index) => index);
const unpublished = async () => {
  const [row] = await combat.query<{ n: number }>({
    text: 'select count(*)::int as n from outbox where published_at is null',
  });
  return row?.n;
};
const keys = ['a', 'b', 'c', 'd'];

test('what several writers commit comes out once, all of it, in order per key, and is marked', async () => {
  const producer = new NotedProducer();
  const { relay: one, lifecycle } = relay(producer);
  await write(keys, 0, 30);
  one.wake();
  await until('all', () => producer.records.length >= 120);
  for (const key of keys) expect(firsts(producer.records, key)).toEqual(range(30));
  expect(producer.records).toHaveLength(120);
  await lifecycle.stop();
  expect(await unpublished()).toBe(0);
});

test('a stop publishes and marks what was committed before it', async () => {
  const producer = new NotedProducer();
  const { lifecycle } = relay(producer);
  await write(keys, 0, 5);
  await until('it leads', () => producer.records.length > 0);
  await write(keys, 5, 10);
  await lifecycle.stop();
  for (const key of keys) expect(firsts(producer.records, key)).toEqual(range(10));
  expect(await unpublished()).toBe(0);
});

test('one relay works at a time; when it ends another takes over in less than a second, and nothing is lost', async () => {
  const producers = Array.from({ length: 4 }, () => new NotedProducer());
  const [first, ...others] = producers as [NotedProducer, ...NotedProducer[]];
  let leader = relay(first);
  await append('a', '0');
  await until('the first leads', () => first.records.length === 1);
  const writing = write(keys, 1, 60);
  await until('under way', () => first.records.length > 40);
  const took: number[] = [];
  for (const [index, producer] of others.entries()) {
    const next = relay(producer);
    expect(producer.records).toEqual([]);
    await leader.lifecycle.stop();
    const ended = Date.now();
    await append('z', String(index));
    await until('the next took over', () => producer.records.length > 0);
    took.push(Date.now() - ended);
    leader = next;
  }
  await writing;
  await until('all', async () => (await unpublished()) === 0);
  const all = producers.flatMap(({ records }) => records);
  for (const key of keys) expect(firsts(all, key).slice(key === 'a' ? 1 : 0)).toEqual(range(60).slice(1));
  expect(firsts(all, 'z')).toEqual(range(others.length));
  // The machine may stall once, but not each time.
  expect(Math.min(...took)).toBeLessThan(1000);
});

test('a relay whose connection is cut is replaced or takes up again; first sights stay in order', async () => {
  const producer = new NotedProducer();
  relay(producer);
  relay(producer);
  const writing = write(keys, 0, 80);
  for (const seen of [20, 100, 200]) {
    await until('under way', () => producer.records.length > seen);
    await combat.query({
      text: `select pg_terminate_backend(pid) from pg_stat_activity
             where application_name = 'combat relay' and datname = current_database()`,
    });
  }
  await writing;
  await until('all', async () => (await unpublished()) === 0);
  for (const key of keys) expect(firsts(producer.records, key)).toEqual(range(80));
});

test('while Kafka is away nothing is lost or marked; when it is back all comes in order', async () => {
  const producer = new NotedProducer();
  producer.away = true;
  const { relay: one } = relay(producer);
  await write(keys, 0, 10);
  one.wake();
  await until('tried', () => producer.records.length > 0);
  expect(await unpublished()).toBe(40);
  producer.away = false;
  await until('all', async () => (await unpublished()) === 0);
  for (const key of keys) expect(firsts(producer.records, key)).toEqual(range(10));
});

test('who does not lead any more says nothing of how old the oldest is', async () => {
  const age = async () =>
    (await metrics.outboxAge.get()).values.find(({ labels }) => labels.service === 'combat')?.value;
  const producer = new NotedProducer();
  producer.away = true;
  relay(producer);
  await append('a', '0');
  await until('it is late', async () => ((await age()) ?? 0) > 0);
  const another = directClient(db.env('combat'), 'another relay');
  await another.connect();
  await another.query('select pg_advisory_lock($1)', [relayLock]);
  await until('it says nothing', async () => (await age()) === 0);
  await another.end();
  await until('it leads again, and is late', async () => ((await age()) ?? 0) > 0);
});

interface Seen {
  eventId: string;
  type: string;
}
const delivery = (eventId: string): Delivery<Seen> => ({
  event: { eventId, type: 'Seen' },
  topic: 't',
  partition: 0,
  record: { key: null, value: null, timestamp: '0', attributes: 0, offset: '0', headers: {} },
});

test('the inbox lets an event through once: inside a batch, across batches, and with two replicas at once', async () => {
  const ids = Array.from({ length: 40 }, () => randomUUID());
  const batch = [...ids, ...ids.slice(0, 10)].map(delivery);
  const through: string[] = [];
  const handle = (events: Delivery<Seen>[]) =>
    combat.transaction(async (transaction) => {
      const fresh = await unseen(transaction, 'test', events);
      transaction.afterCommit(() => through.push(...fresh.map(({ event }) => event.eventId)));
    });
  await Promise.all([handle(batch), handle(batch.toReversed()), handle(batch.slice(5))]);
  await handle(batch);
  expect(through).toHaveLength(40);
  expect(new Set(through)).toEqual(new Set(ids));
});

test('what a transaction that fails had marked as seen is let through again', async () => {
  const batch = [randomUUID(), randomUUID()].map(delivery);
  const failing = combat.transaction(async (transaction) => {
    expect(await unseen(transaction, 'test', batch)).toHaveLength(2);
    throw new Error('the work failed');
  });
  await expect(failing).rejects.toThrow('the work failed');
  const again = await combat.transaction((transaction) => unseen(transaction, 'test', batch));
  expect(again).toEqual(batch);
});
