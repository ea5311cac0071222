import { randomUUID } from 'node:crypto';
import { build as buildHistogram } from 'hdr-histogram-js';
import pg from 'pg';
import { applyTopics, quietKafka } from '../kafka.ts';
import type { ServerFacts } from '../servers.ts';

const rounds = 300;

/** Milliseconds at percentiles. */
export interface Latency {
  p50: number;
  p95: number;
  p99: number;
}

/** Latencies, in µs inside and ms outside. */
export const latencies = () => {
  const histogram = buildHistogram({ lowestDiscernibleValue: 1, highestTrackableValue: 60_000_000 });
  return {
    add: (ms: number) => {
      histogram.recordValue(Math.max(1, Math.round(ms * 1000)));
    },
    get: (): Latency => ({
      p50: histogram.getValueAtPercentile(50) / 1000,
      p95: histogram.getValueAtPercentile(95) / 1000,
      p99: histogram.getValueAtPercentile(99) / 1000,
    }),
  };
};

/** One record, acks=all, until a consumer has it; one after the other, with the libraries and settings of the services. */
const kafkaHop = async ({ kafka: broker }: ServerFacts): Promise<Latency> => {
  const topic = `floor-${randomUUID()}`;
  await applyTopics(broker, [{ name: topic, partitions: 1, retentionMs: 3_600_000, retentionBytes: -1 }]);
  const kafka = quietKafka(broker);
  const producer = kafka.producer({ idempotent: true, maxInFlightRequests: 1 });
  const consumer = kafka.consumer({ groupId: topic, maxWaitTimeInMs: 100 });
  await producer.connect();
  await consumer.connect();
  await consumer.subscribe({ topics: [topic], fromBeginning: true });
  let arrived: (() => void) | undefined;
  await consumer.run({ autoCommit: false, eachBatch: async () => arrived?.() });
  const measured = latencies();
  for (let round = -20; round < rounds; round++) {
    const arrival = new Promise<void>((resolve) => (arrived = resolve));
    const begun = performance.now();
    await producer.send({ topic, acks: -1, messages: [{ key: 'k', value: 'x'.repeat(500) }] });
    await arrival;
    if (round >= 0) measured.add(performance.now() - begun);
  }
  await consumer.disconnect();
  await producer.disconnect();
  return measured.get();
};

/** One row inserted and committed, one after the other. */
const commit = async ({ postgres }: ServerFacts): Promise<Latency> => {
  const client = new pg.Client({ ...postgres, user: 'postgres', database: 'postgres' });
  await client.connect();
  await client.query('create table if not exists floor (id bigint generated always as identity, value text)');
  const measured = latencies();
  for (let round = -20; round < rounds; round++) {
    const begun = performance.now();
    await client.query({ name: 'floor', text: 'insert into floor (value) values ($1)', values: ['x'.repeat(500)] });
    if (round >= 0) measured.add(performance.now() - begun);
  }
  await client.query('drop table floor');
  await client.end();
  return measured.get();
};

/** What an action can't be faster than: two Kafka hops and one commit. */
export const measureFloor = async (facts: ServerFacts) => {
  const hop = await kafkaHop(facts);
  const transaction = await commit(facts);
  return { kafkaHop: hop, commit: transaction, p50: 2 * hop.p50 + transaction.p50 };
};
