import { afterEach, expect, test } from '@jest/globals';
import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { createTopics, servers, unique } from '../../../tests/servers.ts';
import { applyTopics, withKafkaAdmin } from '../../../scripts/lib/kafka.ts';
import { kafkaEnv, readConfig } from '../config.ts';
import { UnavailableError } from '../errors.ts';
import { ProcessLifecycle } from '../lifecycle.ts';
import { kafkaClient } from './client.ts';
import { metrics } from '../telemetry/metrics.ts';
import { consume, type ConsumerOptions, type Delivery } from './consumer.ts';
import { replayOf } from './dead-letter.ts';
import { openProducer, type OutgoingRecord, type Producer } from './producer.ts';

/** Real: Kafka. The members of a group are of this process, each with a client of its own. */
const Counted = z.object({ eventId: z.uuid(), type: z.literal('Counted'), payload: z.object({ n: z.int() }) });
type Counted = z.infer<typeof Counted>;

const env = () => readConfig(kafkaEnv, { KAFKA_BROKERS: servers().kafka, KAFKA_SESSION_TIMEOUT_MS: '4000' });
const members: ProcessLifecycle[] = [];
const member = () => {
  const lifecycle = new ProcessLifecycle();
  members.push(lifecycle);
  const kafka = kafkaClient(env(), unique('member'));
  return { lifecycle, kafka, producer: openProducer(kafka, lifecycle) };
};
let producer: Producer;
let topic: string;
let group: string;

const until = async (what: string, holds: () => boolean | Promise<boolean>, withinMs = 20_000) => {
  for (const deadline = Date.now() + withinMs; !(await holds());) {
    if (Date.now() > deadline) throw new Error(`not within ${withinMs} ms: ${what}`);
    await sleep(10);
  }
};

const counted = (n: number, key = `key-${n % 24}`): OutgoingRecord => ({
  topic,
  key,
  value: JSON.stringify({ eventId: randomUUID(), type: 'Counted', payload: { n } }),
  headers: { colour: 'blue' },
});
const range = (from: number, to: number) => Array.from({ length: to - from }, (_, index) => from + index);

/** One more member of the group, whose handled numbers are put into `into`. */
const join = async (
  handle: (batch: Delivery<Counted>[]) => Promise<void>,
  more: Partial<ConsumerOptions<Counted>> = {},
) => {
  const { lifecycle, kafka, producer: own } = member();
  await consume(kafka, env(), own, lifecycle, {
    group,
    topics: { [topic]: Counted },
    handle,
    ...more,
  });
  await until('joined', async () => (await lifecycle.notReady()).length === 0);
  return lifecycle;
};

/** What is in the dead letter queue, once there are so many. */
const deadLetters = async (count: number) => {
  const { lifecycle, kafka } = member();
  const consumer = kafka.consumer({ groupId: unique('dlq') });
  lifecycle.onStop('dlq', () => consumer.disconnect());
  await consumer.connect();
  await consumer.subscribe({ topics: [`${topic}.dlq`], fromBeginning: true });
  const found: { key: string | undefined; value: string | undefined; headers: Record<string, string> }[] = [];
  await consumer.run({
    eachMessage: ({ message }) => {
      const headers = Object.entries(message.headers ?? {}).map(([name, value]) => [name, String(value)]);
      found.push({
        key: message.key?.toString(),
        value: message.value?.toString(),
        headers: Object.fromEntries(headers) as Record<string, string>,
      });
      return Promise.resolve();
    },
  });
  await until(`${count} dead letters`, () => found.length >= count);
  return found;
};

const committed = () =>
  withKafkaAdmin(servers().kafka, async (admin) => {
    const [offsets] = await admin.fetchOffsets({ groupId: group, topics: [topic] });
    return (offsets?.partitions ?? []).reduce((sum, { offset }) => sum + Math.max(0, Number(offset)), 0);
  });
const numbers = (batch: Delivery<Counted>[]) => batch.map(({ event }) => event.payload.n);

const setUp = async (partitions: number) => {
  [topic = ''] = await createTopics({ name: 'counted', partitions });
  await applyTopics(servers().kafka, [{ name: `${topic}.dlq`, partitions: 1, retentionMs: -1, retentionBytes: -1 }]);
  group = unique('group');
  ({ producer } = member());
};
afterEach(async () => {
  await Promise.all(members.splice(0).map((one) => one.stop()));
});

test('what cannot be parsed or is not valid goes to the dead letter queue with all headers, and the partition goes on', async () => {
  await setUp(1);
  const invalid = JSON.stringify({ eventId: 'x', type: 'Counted', payload: { n: 1 } });
  await producer.send([
    { topic, key: 'k', value: '{', headers: { colour: 'red' } },
    { topic, key: 'k', value: invalid },
    { topic, key: 'k', value: null },
    { topic, key: 'k', value: JSON.stringify({ type: 'Newer', payload: {} }) },
    counted(1, 'k'),
  ]);
  const seen: number[] = [];
  await join(async (batch) => void seen.push(...numbers(batch)));
  await until('the good one', () => seen.length === 1);
  const letters = await deadLetters(3);
  expect(letters.map(({ value }) => value ?? null)).toEqual(['{', invalid, null]);
  expect(letters[0]).toMatchObject({
    key: 'k',
    headers: {
      colour: 'red',
      'dlq-topic': topic,
      'dlq-partition': '0',
      'dlq-offset': '0',
      'dlq-consumer': group,
      'dlq-error': 'Error: not JSON',
      'dlq-attempts': '1',
    },
  });
  expect(letters[1]?.headers['dlq-error']).toContain('eventId');
});

test('the event that fails alone goes to the dead letter queue after three retries, the others of its batch are done', async () => {
  await setUp(1);
  await producer.send(range(0, 40).map((n) => counted(n)));
  const done: number[] = [];
  let tries = 0;
  const givenUp: number[] = [];
  await join(
    async (batch) => {
      if (batch.some(({ event }) => event.payload.n === 17)) {
        if (batch.length === 1) tries++;
        throw new Error('cannot be done');
      }
      done.push(...numbers(batch));
    },
    {
      givenUp: async ({ event }) => {
        givenUp.push(event.payload.n);
        throw new Error('giving up fails too');
      },
    },
  );
  const [letter] = await deadLetters(1);
  expect(letter?.headers).toMatchObject({ 'dlq-error': 'Error: cannot be done', 'dlq-attempts': '4', colour: 'blue' });
  expect(JSON.parse(letter?.value ?? '')).toMatchObject({ payload: { n: 17 } });
  await until('the others', () => done.length === 39);
  expect(done).toEqual(range(0, 40).filter((n) => n !== 17));
  expect(tries).toBe(4);
  expect(givenUp).toEqual([17]);
});

test('a replay is handled by the consumer that it names alone; failing again it comes back with its attempts added up', async () => {
  await setUp(1);
  await producer.send([counted(1), counted(2)]);
  const seen = new Map<string, number[]>();
  let broken = true;
  const handle = (name: string) => async (batch: Delivery<Counted>[]) => {
    if (name === group && broken && numbers(batch).includes(1)) throw new Error('broken');
    seen.set(name, [...(seen.get(name) ?? []), ...numbers(batch)]);
  };
  await join(handle(group));
  const other = unique('other');
  const { lifecycle, kafka, producer: own } = member();
  await consume(kafka, env(), own, lifecycle, { group: other, topics: { [topic]: Counted }, handle: handle(other) });

  const [first] = await deadLetters(1);
  expect(first?.headers['dlq-attempts']).toBe('4');
  const replay = () => replayOf({ key: first?.key ?? null, value: first?.value ?? null, headers }, topic, group);
  const { headers } = first ?? { headers: {} };
  await producer.send([replay()]);
  const [, second] = await deadLetters(2);
  expect(second?.headers).toMatchObject({ 'dlq-attempts': '8', 'dlq-offset': '0', colour: 'blue' });

  broken = false;
  await producer.send([replay()]);
  await until('the replay', () => seen.get(group)?.includes(1) === true);
  await producer.send([counted(3)]);
  await until('the next of both', () => [group, other].every((name) => seen.get(name)?.includes(3) === true));
  expect(seen.get(group)).toEqual([2, 1, 3]);
  expect(seen.get(other)).toEqual([1, 2, 3]);
});

test('the largest record that a topic takes fits into its dead letter queue', async () => {
  await setUp(1);
  const value = '{' + ' '.repeat(1_048_400);
  await producer.send([{ topic, key: 'k', value, headers: {} }, counted(1)]);
  const seen: number[] = [];
  await join(async (batch) => void seen.push(...numbers(batch)));
  await until('the next', () => seen.length === 1);
  const [letter] = await deadLetters(1);
  expect(letter?.value).toBe(value);
});

test('the lag grows while a consumer is stuck, and is 0 when all is handled', async () => {
  await setUp(4);
  const lag = async () => {
    const { values } = await metrics.consumerLag.get();
    return values.find(({ labels }) => labels.consumer_group === group)?.value;
  };
  let stuck = true;
  await producer.send(range(0, 10).map((n) => counted(n)));
  await join(async () => {
    if (stuck) throw new UnavailableError('the store is away');
  });
  await until('the lag is told', async () => (await lag()) === 10);
  await producer.send(range(0, 20).map((n) => counted(n)));
  await until('it has grown', async () => (await lag()) === 30);
  stuck = false;
  await until('it is gone', async () => (await lag()) === 0);
});

test('while a store is away everything waits, and nothing goes to the dead letter queue', async () => {
  await setUp(2);
  await producer.send(range(0, 50).map((n) => counted(n)));
  let away = true;
  let refused = 0;
  const done: number[] = [];
  await join(async (batch) => {
    if (away) {
      refused++;
      throw new UnavailableError('the store is away');
    }
    done.push(...numbers(batch));
  });
  await until('several tries', () => refused >= 4);
  expect(done).toEqual([]);
  expect(await committed()).toBe(0);
  away = false;
  await until('all', () => done.length === 50);
  expect(new Set(done).size).toBe(50);
  const ends = await withKafkaAdmin(servers().kafka, (admin) => admin.fetchTopicOffsets(`${topic}.dlq`));
  expect(ends.map(({ high }) => high)).toEqual(['0']);
});

test('what piled up is handled in bounded batches, in order', async () => {
  await setUp(1);
  await producer.send(range(0, 1800).map((n) => counted(n, 'k')));
  const sizes: number[] = [];
  const seen: number[] = [];
  await join(async (batch) => {
    sizes.push(batch.length);
    seen.push(...numbers(batch));
  });
  await until('all', () => seen.length === 1800);
  expect(seen).toEqual(range(0, 1800));
  expect(Math.max(...sizes)).toBeLessThanOrEqual(500);
});

test('who keeps a pace takes what comes alone at once, and what comes meanwhile as one', async () => {
  await setUp(4);
  const batches: number[][] = [];
  await join(async (batch) => void batches.push(numbers(batch)), { paceMs: 3000 });
  for (const n of range(0, 6)) {
    await producer.send([counted(n)]);
    await until('the first', () => batches.length > 0);
  }
  await until('the others', () => batches.length > 1);
  expect(batches.map((batch) => batch.toSorted())).toEqual([[0], [1, 2, 3, 4, 5]]);
});

test('members come and go under load: every record is handled, in the order of its key; after a clean stop nothing is repeated', async () => {
  await setUp(12);
  const seen = new Map<string, number[]>();
  let handled = 0;
  const handle = async (batch: Delivery<Counted>[]) => {
    for (const { event, record } of batch) {
      const key = record.key?.toString() ?? '';
      const of = seen.get(key) ?? [];
      if (!of.includes(event.payload.n)) of.push(event.payload.n); // As an inbox does.
      seen.set(key, of);
    }
    handled += batch.length;
    await sleep(2);
  };
  let sent = 0;
  let stop = false;
  const load = (async () => {
    while (!stop) {
      await producer.send(range(sent, sent + 20).map((n) => counted(n)));
      sent += 20;
      await sleep(5);
    }
  })();
  const first = await join(handle);
  await until('the first works', () => handled > 200);
  const second = await join(handle);
  await until('both work', () => handled > 1000);
  await first.stop();
  const third = await join(handle);
  const before = handled;
  await until('two go on', () => handled > before + 500);
  stop = true;
  await load;
  const distinct = () => [...seen.values()].reduce((sum, { length }) => sum + length, 0);
  await until('everything', () => distinct() === sent);
  for (const of of seen.values()) expect(of).toEqual(of.toSorted((a, b) => a - b));
  await Promise.all([second.stop(), third.stop()]);
  expect(await committed()).toBe(sent);

  handled = 0;
  await producer.send([counted(sent)]);
  const last = await join(handle);
  await until('the new one', () => handled > 0);
  await last.stop();
  expect(handled).toBe(1);
});

test('a clean stop under load commits what was handled: the next owner repeats nothing', async () => {
  await setUp(4);
  const seen: number[] = [];
  const handle = async (batch: Delivery<Counted>[]) => void seen.push(...numbers(batch));
  let sent = 0;
  let loaded = true;
  const load = (async () => {
    while (loaded) {
      await producer.send(range(sent, sent + 20).map((n) => counted(n)));
      sent += 20;
    }
  })();
  const first = await join(handle);
  await until('it is in the middle', () => seen.length > 500);
  await first.stop();
  const handled = seen.length;
  loaded = false;
  await load;
  expect(handled).toBeLessThan(sent);
  expect(await committed()).toBe(handled);
  await join(handle);
  await until('the rest', () => seen.length >= sent);
  expect(new Set(seen).size).toBe(sent);
  expect(seen.length).toBe(sent);
});

test('the share of a member that stops cleanly is taken over in less than a second', async () => {
  await setUp(12);
  const at = new Map<string, number>();
  const handle = async (batch: Delivery<Counted>[]) => {
    for (const { record } of batch) at.set(record.key?.toString() ?? '', Date.now());
  };
  const keys = range(0, 48).map((n) => `key-${n}`);
  const everywhere = async () => {
    const from = Date.now();
    await producer.send(keys.map((key, n) => counted(n, key)));
    await until('all keys', () => keys.every((key) => (at.get(key) ?? 0) >= from));
  };
  const took: number[] = [];
  let leaving = await join(handle);
  for (let round = 0; round < 3; round++) {
    const staying = await join(handle);
    await everywhere();
    const stopped = Date.now();
    const stopping = leaving.stop();
    await everywhere();
    took.push(Math.max(...at.values()) - stopped);
    await stopping;
    leaving = staying;
  }
  process.stderr.write(`take-over after a clean stop: ${took.join(', ')} ms\n`);
  // The machine may stall once, but not each time.
  expect(Math.min(...took)).toBeLessThan(1000);
});

test('partitions that are added are read within seconds, by all members, from their first record on', async () => {
  await setUp(2);
  const seen: number[][] = [[], []];
  for (const of of seen) await join(async (batch) => void of.push(...numbers(batch)));
  await applyTopics(servers().kafka, [{ name: topic, partitions: 6, retentionMs: -1, retentionBytes: -1 }]);
  const { lifecycle, kafka } = member();
  const raw = kafka.producer();
  lifecycle.onStop('raw', () => raw.disconnect());
  await raw.connect();
  const messages = range(0, 60).map((n) => ({ partition: n % 6, value: counted(n).value }));
  await raw.send({ topic, messages });
  const grown = Date.now();
  // Each member finds the partitions by itself, and what is not committed when the second does comes again.
  const distinct = () => [...new Set(seen.flat())].sort((a, b) => a - b);
  await until('all', () => distinct().length >= 60);
  process.stderr.write(`added partitions are read after ${Date.now() - grown} ms\n`);
  expect(distinct()).toEqual(range(0, 60));
  await producer.send(range(60, 120).map((n) => counted(n)));
  await until('both go on', () => distinct().length >= 120 && seen.every((of) => of.some((n) => n >= 60)));
});

/** A member in a process of its own, which says `handled` for each batch. */
const program = `
  import { z } from 'zod';
  import { readConfig, kafkaEnv } from './src/platform/config.ts';
  import { ProcessLifecycle } from './src/platform/lifecycle.ts';
  import { kafkaClient } from './src/platform/kafka/client.ts';
  import { consume } from './src/platform/kafka/consumer.ts';
  import { openProducer } from './src/platform/kafka/producer.ts';
  const lifecycle = new ProcessLifecycle();
  const env = readConfig(kafkaEnv, process.env);
  const kafka = kafkaClient(env, 'child');
  await consume(kafka, env, openProducer(kafka, lifecycle), lifecycle, {
    group: process.env.GROUP,
    topics: { [process.env.TOPIC]: z.object({ eventId: z.uuid(), type: z.literal('Counted') }) },
    handle: async () => void process.stdout.write('handled'),
  });`;

test.each([
  ['seven seconds', 'a Kafka of ours', 7000, { KAFKA_SESSION_TIMEOUT_MS: '4000' }],
  ['ten seconds', "a Kafka whose settings are Kafka's own", 10_000, {}],
])(
  'the share of a member that dies is taken over in less than %s, with %s',
  async (_, __, withinMs, sessionTimeout) => {
    await setUp(12);
    const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
      cwd: fileURLToPath(new URL('../../..', import.meta.url)),
      env: {
        PATH: process.env.PATH,
        LOG_LEVEL: 'silent',
        KAFKA_BROKERS: servers().kafka,
        ...sessionTimeout,
        GROUP: group,
        TOPIC: topic,
      },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    try {
      let handledThere = false;
      child.stdout.on('data', () => (handledThere = true));
      const at = new Map<string, number>();
      await join(async (batch) => {
        for (const { record } of batch) at.set(record.key?.toString() ?? '', Date.now());
      });
      const keys = range(0, 48).map((n) => `key-${n}`);
      await until('both have a share', async () => {
        await producer.send(keys.map((key, n) => counted(n, key)));
        await sleep(50);
        return handledThere && at.size > 0;
      });
      const killed = Date.now();
      child.kill('SIGKILL');
      await producer.send(keys.map((key, n) => counted(n, key)));
      await until('all keys', () => keys.every((key) => (at.get(key) ?? 0) >= killed));
      const took = Date.now() - killed;
      process.stderr.write(`take-over after a death: ${took} ms\n`);
      expect(took).toBeLessThan(withinMs);
    } finally {
      child.kill('SIGKILL');
    }
  },
);
