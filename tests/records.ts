import { setTimeout as sleep } from 'node:timers/promises';
import { kafkaEnv, readConfig } from '../src/platform/config.ts';
import { kafkaClient } from '../src/platform/kafka/client.ts';
import type { Lifecycle } from '../src/platform/lifecycle.ts';
import { servers, unique } from './servers.ts';

/** A record as it lies in a topic: what two must have in common to be the same, byte by byte. */
export interface WrittenRecord {
  topic: string;
  key: string;
  value: string;
  headers: Record<string, string>;
}

export const testKafkaEnv = () =>
  readConfig(kafkaEnv, { KAFKA_BROKERS: servers().kafka, KAFKA_SESSION_TIMEOUT_MS: '4000' });

/** The records of topics whose value tells of one of these ids, from the beginning on; the list grows as more are written. */
export const recordsOf = async (topics: string[], ids: string[], lifecycle: Lifecycle): Promise<WrittenRecord[]> => {
  const found: WrittenRecord[] = [];
  const consumer = kafkaClient(testKafkaEnv(), 'test').consumer({
    groupId: unique('test'),
    maxWaitTimeInMs: 100,
    sessionTimeout: 6000,
  });
  lifecycle.onStop('records', () => consumer.disconnect());
  await consumer.connect();
  await consumer.subscribe({ topics, fromBeginning: true });
  await consumer.run({
    eachMessage: ({ topic, message }) => {
      const value = String(message.value);
      const headers = Object.entries(message.headers ?? {}).map(([name, header]) => [name, String(header)] as const);
      if (ids.some((id) => value.includes(id))) {
        found.push({ topic, key: String(message.key), value, headers: Object.fromEntries(headers) });
      }
      return Promise.resolve();
    },
  });
  return found;
};

export const until = async (what: string, holds: () => boolean | Promise<boolean>): Promise<void> => {
  for (const deadline = Date.now() + 20_000; !(await holds());) {
    if (Date.now() > deadline) throw new Error(`not within 20 s: ${what}`);
    await sleep(20);
  }
};
