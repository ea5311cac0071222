import { expect, test } from '@jest/globals';
import type { ProducerBatch } from 'kafkajs';
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
  private confirm: (() => void)[] = [];

  producer() {
    return {
      connect: async () => {
        this.connections++;
      },
      disconnect: async () => {
        this.disconnected++;
      },
      sendBatch: async ({ topicMessages = [] }: ProducerBatch) => {
        this.requests.push(topicMessages.flatMap(({ messages }) => messages.map(({ value }) => String(value))));
        if (!this.prompt) await new Promise<void>((resolve) => this.confirm.push(resolve));
        if (this.failing) throw new Error('not confirmed');
      },
    };
  }

  confirmNext(): void {
    this.confirm.shift()?.();
  }
}

const open = (fake: FakeKafka) => {
  const lifecycle = new ProcessLifecycle();
  return { lifecycle, producer: openProducer(fake as never, lifecycle) };
};
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
