import { afterEach, expect, jest, test } from '@jest/globals';
import type { ProducerBatch, ProducerConfig } from 'kafkajs';
import { UnavailableError } from '../errors.ts';
import { ProcessLifecycle } from '../lifecycle.ts';
import { openProducer } from './producer.ts';

/** Kafka as far as the producer uses it: it confirms when told to. */
class FakeKafka {
  readonly requests: string[][] = [];
  connections = 0;
  disconnected = 0;
  failing = false;
  /** Confirms requests by itself. */
  prompt = true;
  /** Of each topic. */
  partitions = 1;
  /** Where each record went. */
  readonly places = new Map<string, number>();
  private confirm: (() => void)[] = [];

  producer({ createPartitioner }: ProducerConfig) {
    const choose = createPartitioner?.();
    return {
      connect: async () => {
        this.connections++;
      },
      disconnect: async () => {
        this.disconnected++;
      },
      sendBatch: async ({ topicMessages = [] }: ProducerBatch) => {
        this.requests.push(topicMessages.flatMap(({ messages }) => messages.map(({ value }) => String(value))));
        const partitionMetadata = Array.from({ length: this.partitions }, (_, partitionId) => ({ partitionId }));
        for (const { topic, messages } of topicMessages) {
          for (const message of messages) {
            const place = choose?.({ topic, message, partitionMetadata: partitionMetadata as never });
            this.places.set(String(message.value), place ?? -1);
          }
        }
        if (!this.prompt) await new Promise<void>((resolve) => this.confirm.push(resolve));
        if (this.failing) throw new Error('not confirmed');
      },
    };
  }

  confirmNext(): void {
    this.confirm.shift()?.();
  }
}

const open = (fake: FakeKafka, settled?: () => Promise<void>) => {
  const lifecycle = new ProcessLifecycle();
  return { lifecycle, producer: openProducer(fake as never, lifecycle, settled) };
};
const clock = jest.spyOn(Date, 'now').mockReturnValue(0);
afterEach(() => {
  clock.mockReturnValue(0);
});
const record = (value: string) => [{ topic: 'a', key: 'k', value }];
const turn = () => new Promise(setImmediate);

test('what is sent while a request is under way goes as one request with the next, in order', async () => {
  const fake = new FakeKafka();
  fake.prompt = false;
  const { producer } = open(fake);
  const sent = ['1', '2', '3', '4'].map((value) => producer.send(record(value)));
  await turn();
  expect(fake.requests).toEqual([['1']]);
  fake.confirmNext();
  await sent[0];
  await turn();
  expect(fake.requests).toEqual([['1'], ['2', '3', '4']]);
  fake.confirmNext();
  await Promise.all(sent);
});

test('one after the other, each sent as soon as the one before is confirmed: none is forgotten', async () => {
  const { producer } = open(new FakeKafka());
  for (let n = 0; n < 100; n++) await producer.send(record(String(n)));
});

test('a request is never larger than a broker takes: what is too much goes with the next, in order', async () => {
  const fake = new FakeKafka();
  const { producer } = open(fake);
  const values = Array.from({ length: 7 }, (_, n) => String(n) + 'x'.repeat(n === 3 ? 1_000_000 : 200_000));
  await producer.send(values.flatMap(record));
  expect(fake.requests.flat()).toEqual(values);
  expect(fake.requests.map(({ length }) => length)).toEqual([2, 1, 1, 2, 1]);
  await producer.send([]);
});

test('a request that is not confirmed fails what is in it, and the next goes over a new connection', async () => {
  const fake = new FakeKafka();
  const { producer } = open(fake);
  await producer.send(record('1'));
  fake.failing = true;
  const failed = await Promise.allSettled(['2'].map((value) => producer.send(record(value))));
  for (const one of failed) expect(one.status === 'rejected' && one.reason).toBeInstanceOf(UnavailableError);
  fake.failing = false;
  await producer.send(record('4'));
  expect(fake.connections).toBe(2);
  expect(fake.disconnected).toBe(1);
});

test('a stop ends what is under way before it disconnects', async () => {
  const fake = new FakeKafka();
  fake.prompt = false;
  const { producer, lifecycle } = open(fake);
  let confirmed = false;
  const sent = producer.send(record('1')).then(() => (confirmed = true));
  await turn();
  const stopped = lifecycle.stop();
  await turn();
  expect(fake.disconnected).toBe(0);
  fake.confirmNext();
  await Promise.all([sent, stopped]);
  expect(confirmed).toBe(true);
  expect(fake.disconnected).toBe(1);
});

test('a topic that grows is written to as before until its new partitions are read, over a new connection too', async () => {
  const fake = new FakeKafka();
  const { producer } = open(fake);
  const at = async (seconds: number, value: string) => {
    clock.mockReturnValue(seconds * 1000);
    await producer.send(record(value)).catch(() => undefined);
    return fake.places.get(value);
  };
  expect(await at(0, 'first')).toBe(0);
  fake.partitions = 6;
  expect(await at(100, 'noticed')).toBe(0);
  fake.failing = true;
  await at(101, 'lost');
  fake.failing = false;
  expect(await at(114, 'not yet')).toBe(0);
  fake.partitions = 7;
  expect(await at(114, 'grown again')).toBe(0);
  expect(await at(128, 'not yet either')).toBe(0);
  const there = await at(129, 'grown');
  expect(there).toBeGreaterThan(0);
  expect(await at(130, 'and after')).toBe(there);
  const other = open(fake);
  await other.producer.send(record('of one that begins now'));
  expect(fake.places.get('of one that begins now')).toBe(there);
});

test('before the first record in a new partition all that was confirmed is settled; what is sent meanwhile waits, in order', async () => {
  const fake = new FakeKafka();
  let settle: (() => void) | undefined;
  const asked: string[][] = [];
  const { producer } = open(fake, () => {
    asked.push(fake.requests.flat());
    return new Promise((resolve) => (settle = resolve));
  });
  await producer.send(record('1'));
  fake.partitions = 6;
  await producer.send(record('2'));
  clock.mockReturnValue(60_000);
  const sent = ['3', '4', '5'].map((value) => producer.send(record(value)));
  await turn();
  expect(asked).toEqual([['1', '2']]);
  expect(fake.requests.flat()).toEqual(['1', '2']);
  settle?.();
  await Promise.all(sent);
  await producer.send(record('6'));
  expect(fake.requests.flat()).toEqual(['1', '2', '3', '4', '5', '6']);
  expect(asked).toHaveLength(1);
  expect(['2', '3', '6'].map((value) => fake.places.get(value))).toEqual([
    0,
    fake.places.get('6'),
    fake.places.get('6'),
  ]);
  expect(fake.places.get('6')).toBeGreaterThan(0);
});
