import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { applyTopics, quietKafka } from '../kafka.ts';
import type { ServerFacts } from '../servers.ts';

/** From the request to TradeCompleted: four commands, four replies and the word that it is done. */
const hops = 9;

/**
 * What a trade cannot be faster than: as many commits and Kafka hops one after the other, with the same libraries and
 * nothing else. As in a service, what one fetch brings is one transaction and one send.
 */
export const startTradeFloor = async ({ kafka: broker, postgres }: ServerFacts) => {
  const topic = `floor-${randomUUID()}`;
  await applyTopics(broker, [{ name: topic, partitions: 12, retentionMs: 3_600_000, retentionBytes: -1 }]);
  const kafka = quietKafka(broker);
  const producer = kafka.producer({ idempotent: true, maxInFlightRequests: 1 });
  const consumer = kafka.consumer({ groupId: topic, maxWaitTimeInMs: 100 });
  const pool = new pg.Pool({ ...postgres, user: 'postgres', database: 'postgres', max: 10 });
  await pool.query('create table floor (id bigint generated always as identity, value text)');
  const payload = 'x'.repeat(500);
  const commit = (rows: number) =>
    pool.query({
      name: 'floor',
      text: 'insert into floor (value) select $1 from generate_series(1, $2::int)',
      values: [payload, rows],
    });

  const waiting: { key: string; hop: number }[] = [];
  let sending = false;
  /** One request at a time, with all that came meanwhile: an idempotent producer takes no more. */
  const send = async (steps: { key: string; hop: number }[]): Promise<void> => {
    waiting.push(...steps);
    if (sending) return;
    sending = true;
    while (waiting.length > 0) {
      const messages = waiting
        .splice(0)
        .map(({ key, hop }) => ({ key, value: payload, headers: { hop: String(hop) } }));
      await producer.send({ topic, acks: -1, messages });
    }
    sending = false;
  };

  const ends = new Map<string, () => void>();
  await producer.connect();
  await consumer.connect();
  await consumer.subscribe({ topics: [topic], fromBeginning: true });
  const joined = new Promise((resolve) => consumer.on(consumer.events.GROUP_JOIN, resolve));
  await consumer.run({
    autoCommit: false,
    partitionsConsumedConcurrently: 12,
    eachBatch: async ({ batch }) => {
      const steps = batch.messages.map(({ key, headers }) => ({ key: String(key), hop: Number(headers?.['hop']) }));
      const next = steps.filter(({ hop }) => hop < hops);
      if (next.length > 0) await commit(next.length);
      for (const { key, hop } of steps) if (hop === hops) ends.get(key)?.();
      await send(next.map(({ key, hop }) => ({ key, hop: hop + 1 })));
    },
  });
  await joined;
  return {
    trade: async (): Promise<void> => {
      const key = randomUUID();
      const end = new Promise<void>((resolve) => ends.set(key, resolve));
      await commit(1);
      await send([{ key, hop: 1 }]);
      await end;
      ends.delete(key);
    },
    stop: async (): Promise<void> => {
      await consumer.disconnect();
      await producer.disconnect();
      await pool.query('drop table floor');
      await pool.end();
    },
  };
};
