import { setTimeout as sleep } from 'node:timers/promises';
import type { Consumer as KafkaConsumer, EachBatchPayload, Kafka, KafkaMessage } from 'kafkajs';
import type { z } from 'zod';
import type { KafkaEnv } from '../config.ts';
import { isUnavailable } from '../errors.ts';
import type { Lifecycle } from '../lifecycle.ts';
import { logger } from '../telemetry/logger.ts';
import { metrics } from '../telemetry/metrics.ts';
import { inTraceOf } from '../telemetry/propagation.ts';
import { deadLetter } from './dead-letter.ts';
import type { Producer } from './producer.ts';

/** A valid event as it came off a topic. */
export interface Delivery<E> {
  event: E;
  topic: string;
  partition: number;
  record: KafkaMessage;
}

/** The schema of a topic's events: one type of event, or several told apart by `type`. */
export type EventSchema<E> = z.ZodType<E> & ({ shape: TypeShape } | { options: readonly { shape: TypeShape }[] });
interface TypeShape {
  type: z.ZodLiteral<string>;
}

export interface ConsumerOptions<E extends { type: string }> {
  /** The consumer group, which is the service's name. */
  group: string;
  /** What is read, with the schema of each topic. */
  topics: Record<string, EventSchema<E>>;
  /**
   * Makes the effects of a batch durable, or throws and leaves none. The batch spans partitions; within one it is in
   * order. It is given again after a crash: who must not do a thing twice looks into its inbox.
   */
  handle(batch: Delivery<E>[]): Promise<void>;
  /** Called for a valid event that goes to the dead letter queue after all. */
  givenUp?(delivery: Delivery<E>): Promise<void>;
}

const tries = 3;
const commitEveryMs = 500;
/** How long a fetch may wait at the broker. Heartbeats and a clean stop wait for it too, so it is short. */
const fetchWaitMs = 100;

interface Pending<E> {
  deliveries: Delivery<E>[];
  payload: EachBatchPayload;
  /** With whether it was handled; a batch that is no longer ours is left to its new owner. */
  resolve: (handled: boolean) => void;
  reject: (error: unknown) => void;
}

/** The wait before another try: doubling from 100 ms to 2 s, with jitter. */
export const backoffMs = (attempt: number): number => Math.min(2000, 100 * 2 ** attempt) * (0.5 + Math.random() / 2);

/**
 * Reads topics as one member of a consumer group. What several partitions bring at once is handled as one batch, and
 * nothing more is fetched meanwhile: that is the back-pressure. A batch that fails is taken apart; an event that fails
 * alone goes to the dead letter queue; while a store is away everything waits.
 */
export const consume = async <E extends { type: string }>(
  kafka: Kafka,
  env: KafkaEnv,
  producer: Producer,
  lifecycle: Lifecycle,
  options: ConsumerOptions<E>,
): Promise<void> => {
  const consumer = kafka.consumer({
    groupId: options.group,
    sessionTimeout: env.KAFKA_SESSION_TIMEOUT_MS,
    rebalanceTimeout: 10_000,
    heartbeatInterval: 300,
    maxWaitTimeInMs: fetchWaitMs,
    metadataMaxAge: 30_000,
    allowAutoTopicCreation: false,
    retry: { initialRetryTime: 100, maxRetryTime: 1000, retries: 5, restartOnFailure: () => Promise.resolve(true) },
  });
  const lanes = new Lanes(consumer, producer, options);
  let joined = false;
  consumer.on(consumer.events.GROUP_JOIN, () => {
    joined = true;
    lanes.forget();
  });
  consumer.on(consumer.events.CRASH, ({ payload }) => {
    joined = false;
    logger.warn({ error: payload.error.message, restart: payload.restart }, 'consumer restarts');
  });
  lifecycle.readyWhen('kafka consumer', () => joined);
  lifecycle.onStop('kafka consumer', async () => {
    await lanes.stop();
    await consumer.disconnect();
  });
  await connectWhenThere(consumer, Object.keys(options.topics), lifecycle);
  await consumer.run({
    autoCommit: false,
    eachBatchAutoResolve: false,
    partitionsConsumedConcurrently: 64,
    eachBatch: (payload) => lanes.take(payload),
  });
};

/** Brings the batches of all partitions together, handles them one after the other, and commits what is done. */
class Lanes<E extends { type: string }> {
  private readonly consumer: KafkaConsumer;
  private readonly producer: Producer;
  private readonly options: ConsumerOptions<E>;
  private pending: Pending<E>[] = [];
  private draining: Promise<void> | undefined;
  private readonly done = new Map<string, { topic: string; partition: number; offset: string }>();
  private committing: Promise<void> = Promise.resolve();
  private lastCommit = 0;
  private stopping = false;

  constructor(consumer: KafkaConsumer, producer: Producer, options: ConsumerOptions<E>) {
    this.consumer = consumer;
    this.producer = producer;
    this.options = options;
  }

  async take(payload: EachBatchPayload): Promise<void> {
    const { batch } = payload;
    const deliveries = await this.parse(batch.topic, batch.partition, batch.messages);
    if (deliveries.length > 0) {
      const handled = await new Promise<boolean>((resolve, reject) => {
        this.pending.push({ deliveries, payload, resolve, reject });
        this.draining ??= this.drain().finally(() => (this.draining = undefined));
      });
      if (!handled) return;
    }
    payload.resolveOffset(batch.lastOffset());
    metrics.consumerLag.set({ topic: batch.topic, consumer_group: this.options.group }, Number(batch.offsetLag()));
    this.done.set(`${batch.topic}/${String(batch.partition)}`, {
      topic: batch.topic,
      partition: batch.partition,
      offset: String(BigInt(batch.lastOffset()) + 1n),
    });
    if (Date.now() - this.lastCommit > commitEveryMs) this.commit();
  }

  /** Ends what is in hand and commits it. */
  async stop(): Promise<void> {
    this.stopping = true;
    await this.draining;
    this.commit();
    await this.committing;
  }

  /** After a change of the group others may own these partitions: what they commit must not be set back. */
  forget(): void {
    this.done.clear();
  }

  /** Off the path of the records: what a crash leaves uncommitted is delivered again, and has no second effect. */
  private commit(): void {
    this.lastCommit = Date.now();
    const offsets = [...this.done.values()];
    this.done.clear();
    if (offsets.length === 0) return;
    this.committing = this.committing
      .then(() => this.consumer.commitOffsets(offsets))
      .catch((error: unknown) => {
        logger.debug({ err: error }, 'offsets not committed');
      });
  }

  private async drain(): Promise<void> {
    // One turn of the loop, so that the other partitions of the same fetch come along.
    await new Promise(setImmediate);
    while (this.pending.length > 0) {
      const ours = ({ payload }: Pending<E>) => payload.isRunning() && !payload.isStale();
      const taken = this.pending.filter(ours);
      for (const lost of this.pending.filter((one) => !ours(one))) lost.resolve(false);
      this.pending = [];
      // A batch may take longer than the session: the group must not take us for dead.
      const beat = setInterval(() => void this.heartbeat(taken).catch(() => undefined), 1000);
      try {
        await this.handle(taken);
        for (const { resolve } of taken) resolve(true);
      } catch (error) {
        for (const { reject } of taken) reject(error);
      } finally {
        clearInterval(beat);
      }
    }
  }

  private async handle(taken: Pending<E>[]): Promise<void> {
    const all = taken.flatMap(({ deliveries }) => deliveries);
    if (all.length === 0) return;
    if (await this.attempt(all, taken)) return;
    for (const delivery of all) {
      let handled = false;
      for (let attempt = 1; attempt <= tries && !handled; attempt++) {
        await sleep(backoffMs(attempt - 1));
        await this.heartbeat(taken);
        metrics.retries.inc({ service: this.options.group, target: 'event' });
        handled = await this.attempt([delivery], taken);
      }
      if (!handled) await this.giveUp(delivery, taken);
    }
  }

  private lastError: unknown;

  /** True when handled; false when the work itself is at fault. While a store is away, waits and tries again. */
  private async attempt(deliveries: Delivery<E>[], taken: Pending<E>[]): Promise<boolean> {
    for (let away = 0; ; away++) {
      const end = metrics.eventProcessing.startTimer({ service: this.options.group });
      try {
        await inTraceOf(deliveries[0]?.record.headers ?? {}, () => this.options.handle(deliveries));
        for (const { event } of deliveries) end({ event_type: event.type });
        return true;
      } catch (error) {
        this.lastError = error;
        if (!isUnavailable(error)) {
          logger.warn({ err: error, events: deliveries.length }, 'batch failed');
          return false;
        }
        if (away === 0) logger.warn({ err: error }, 'a store is away, waiting');
        if (this.stopping) throw error;
        metrics.retries.inc({ service: this.options.group, target: 'store' });
        await sleep(backoffMs(away));
        await this.heartbeat(taken);
      }
    }
  }

  private async giveUp(delivery: Delivery<E>, taken: Pending<E>[]): Promise<void> {
    const { topic, partition, record } = delivery;
    const error = this.lastError;
    for (let away = 0; ; away++) {
      try {
        await this.options.givenUp?.(delivery);
        await this.producer.send([deadLetter(this.options.group, topic, partition, record, error, tries + 1)]);
        break;
      } catch (failure) {
        if (!isUnavailable(failure)) logger.error({ err: failure }, 'giving up an event failed');
        if (this.stopping) throw failure;
        await sleep(backoffMs(away));
        await this.heartbeat(taken);
      }
    }
  }

  private async heartbeat(taken: Pending<E>[]): Promise<void> {
    await taken[0]?.payload.heartbeat();
  }

  private async parse(topic: string, partition: number, records: KafkaMessage[]): Promise<Delivery<E>[]> {
    const deliveries: Delivery<E>[] = [];
    const schema = this.options.topics[topic];
    if (!schema) throw new Error(`not subscribed to ${topic}`);
    for (const record of records) {
      const parsed = parseEvent(schema, record);
      if (parsed.kind === 'event') deliveries.push({ event: parsed.event, topic, partition, record });
      else if (parsed.kind === 'unknown') metrics.skippedEvents.inc({ topic, service: this.options.group });
      else await this.producer.send([deadLetter(this.options.group, topic, partition, record, parsed.error, 1)]);
    }
    return deliveries;
  }
}

type Parsed<E> = { kind: 'event'; event: E } | { kind: 'unknown' } | { kind: 'poison'; error: Error };

const knows = <E>(schema: EventSchema<E>, type: string): boolean =>
  ('options' in schema ? schema.options : [schema]).some(({ shape }) => shape.type.value === type);

/** An event of the topic's schema, one of a type that a newer version may know, or poison. */
export const parseEvent = <E extends { type: string }>(
  schema: EventSchema<E>,
  record: Pick<KafkaMessage, 'value'>,
): Parsed<E> => {
  let json: unknown;
  try {
    json = JSON.parse(record.value?.toString() ?? '');
  } catch {
    return { kind: 'poison', error: new Error('not JSON') };
  }
  const parsed = schema.safeParse(json);
  if (parsed.success) return { kind: 'event', event: parsed.data };
  const type = typeof json === 'object' && json !== null && 'type' in json ? json.type : undefined;
  if (typeof type === 'string' && !knows(schema, type)) return { kind: 'unknown' };
  const [issue] = parsed.error.issues;
  return { kind: 'poison', error: new Error(`${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'not valid'}`) };
};

const connectWhenThere = async (
  consumer: KafkaConsumer,
  subscribed: readonly string[],
  lifecycle: Lifecycle,
): Promise<void> => {
  for (let attempt = 0; !lifecycle.draining; attempt++) {
    try {
      await consumer.connect();
      await consumer.subscribe({ topics: [...subscribed], fromBeginning: true });
      return;
    } catch (error) {
      logger.info({ error: error instanceof Error ? error.message : '' }, 'waiting for Kafka');
      await sleep(backoffMs(attempt));
    }
  }
};
