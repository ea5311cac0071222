import type { Kafka, Message, Producer as KafkaProducer } from 'kafkajs';
import { UnavailableError } from '../errors.ts';
import type { Lifecycle } from '../lifecycle.ts';
import { logger } from '../telemetry/logger.ts';
import { rememberTrace } from '../telemetry/propagation.ts';
import { metadataMaxAgeMs, PartitionCounts } from './partitions.ts';

/** A record as it goes to Kafka. The key is what must stay in order. */
export interface OutgoingRecord {
  topic: string;
  key: string | Buffer | null;
  value: string | Buffer | null;
  headers?: Record<string, string | Buffer>;
}

export interface Producer {
  /**
   * Resolves when all in-sync replicas have the records. Records of one key stay in the order of the calls.
   * @throws UnavailableError when that could not be confirmed; the records may or may not have arrived.
   */
  send(records: OutgoingRecord[]): Promise<void>;
}

interface Waiting {
  records: OutgoingRecord[];
  resolve: () => void;
  reject: (error: Error) => void;
}

/**
 * What one request holds at most. All of it may be for one partition, and the broker takes a megabyte for one; a record
 * that is larger goes alone.
 */
const most = { records: 1000, bytes: 512 * 1024 };
const bytesOf = ({ key, value, headers }: OutgoingRecord): number =>
  [key, value, ...Object.values(headers ?? {})].reduce((sum, part) => sum + Buffer.byteLength(part ?? ''), 0);

/** The records in requests of bounded size, in their order. */
function* requests(records: OutgoingRecord[]): Generator<OutgoingRecord[]> {
  let from = 0;
  let bytes = 0;
  for (const [at, record] of records.entries()) {
    const size = bytesOf(record);
    if (at > from && (at - from === most.records || bytes + size > most.bytes)) {
      yield records.slice(from, at);
      from = at;
      bytes = 0;
    }
    bytes += size;
  }
  yield records.slice(from);
}

/**
 * An idempotent producer. It has one request under way at a time, so what is sent meanwhile is gathered and goes as one
 * request with the next: few records wait little, many cost little each. When a topic gets more partitions, the first
 * record of a key in its new partition may be handled before the last in its old one; for whom that matters, `settled`
 * resolves when what was confirmed until then has been handled. What is sent meanwhile waits.
 */
export const openProducer = (kafka: Kafka, lifecycle: Lifecycle, settled?: () => Promise<unknown>): Producer => {
  let current: Promise<KafkaProducer> | undefined;
  const counts = new PartitionCounts();
  const waiting: Waiting[] = [];
  let flushing: Promise<void> | undefined;

  const connected = (): Promise<KafkaProducer> => {
    current ??= connect(kafka, counts);
    current.catch(() => (current = undefined));
    return current;
  };
  // After a failed request the sequence numbers of an idempotent producer can't be trusted: the next one starts anew.
  const replace = () => {
    const failed = current;
    current = undefined;
    void failed?.then((producer) => producer.disconnect()).catch(() => undefined);
  };

  /** Between two requests: what the ones before had is confirmed, or given up. */
  const growFor = async (taken: Waiting[]): Promise<void> => {
    const topics = counts.due(taken.flatMap(({ records }) => records.map(({ topic }) => topic)));
    if (topics.length === 0) return;
    await settled?.();
    counts.grow(topics);
    logger.info({ topics }, 'writing to new partitions');
  };

  const flush = async (): Promise<void> => {
    while (waiting.length > 0) {
      const taken: Waiting[] = [];
      for (let count = 0; count < most.records;) {
        const next = waiting.shift();
        if (!next) break;
        taken.push(next);
        count += next.records.length;
      }
      try {
        const producer = await connected();
        await growFor(taken);
        for (const request of requests(taken.flatMap(({ records }) => records))) {
          await producer.sendBatch({ acks: -1, topicMessages: byTopic(request) });
        }
        for (const { resolve } of taken) resolve();
      } catch (error) {
        replace();
        const unconfirmed = new UnavailableError('Kafka did not confirm', { cause: error });
        for (const { reject } of taken) reject(unconfirmed);
      }
    }
    // Here, not in a `finally`: what is sent between the look and the clearing would wait for ever.
    flushing = undefined;
  };

  lifecycle.readyWhen('kafka producer', () => connected().then(() => true));
  lifecycle.onStop('kafka producer', async () => {
    await flushing;
    await (await current)?.disconnect();
  });

  return {
    send: (records) => {
      rememberTrace(records);
      return new Promise((resolve, reject) => {
        waiting.push({ records, resolve, reject });
        flushing ??= flush();
      });
    },
  };
};

const connect = async (kafka: Kafka, counts: PartitionCounts): Promise<KafkaProducer> => {
  const producer = kafka.producer({
    idempotent: true,
    maxInFlightRequests: 1,
    allowAutoTopicCreation: false,
    metadataMaxAge: metadataMaxAgeMs,
    createPartitioner: counts.partitioner,
    // Above the 5 s in which an action must have its answer nobody waits any more.
    retry: { initialRetryTime: 50, maxRetryTime: 500, retries: 8 },
  });
  await producer.connect();
  logger.debug('producer connected');
  return producer;
};

const byTopic = (records: OutgoingRecord[]) => {
  const messages = new Map<string, Message[]>();
  for (const { topic, key, value, headers } of records) {
    const of = messages.get(topic) ?? [];
    of.push({ key, value, ...(headers ? { headers } : {}) });
    messages.set(topic, of);
  }
  return [...messages].map(([topic, of]) => ({ topic, messages: of }));
};
