import { setTimeout as sleep } from 'node:timers/promises';
import type { Consumer as KafkaConsumer, EachBatchPayload } from 'kafkajs';
import { isUnavailable } from '../errors.ts';
import { logger } from '../telemetry/logger.ts';
import { metrics } from '../telemetry/metrics.ts';
import { traceOf } from '../telemetry/propagation.ts';
import { asSpans, subjectOf } from '../telemetry/subject.ts';
import { backoffMs } from './backoff.ts';
import type { ConsumerOptions, Delivery } from './consumer.ts';
import { deadLetter, isForAnother } from './dead-letter.ts';
import { parseEvent } from './parse.ts';
import type { Producer } from './producer.ts';

/** After the first, for an event that fails alone. */
const retries = 3;
/** Events of one call of `handle` at most: what piled up while a store was away must fit into its time-outs. */
const maxBatch = 500;
const commitEveryMs = 500;

interface Pending<E> {
  deliveries: Delivery<E>[];
  payload: EachBatchPayload;
  /** Of the group, when the batch was fetched. */
  generation: number;
  /** With whether it was handled; a batch that is no longer ours is left to its new owner. */
  resolve: (handled: boolean) => void;
  reject: (error: unknown) => void;
}

/** The handling of an event as a span of the event's own trace, which says whose it is. */
const spanOf = <E extends { type: string }>({ event, record }: Delivery<E>) => ({
  name: `handle ${event.type}`,
  parent: () => traceOf(record.headers ?? {}),
  subject: () =>
    subjectOf({ ...event, ...('payload' in event && typeof event.payload === 'object' ? event.payload : {}) }),
});

/** Brings the batches of all partitions together, handles them one after the other, and commits what is done. */
export class Lanes<E extends { type: string }> {
  private readonly consumer: KafkaConsumer;
  private readonly producer: Producer;
  private readonly options: ConsumerOptions<E>;
  private pending: Pending<E>[] = [];
  private draining: Promise<void> | undefined;
  private generation = 0;
  private readonly done = new Map<string, { topic: string; partition: number; offset: string }>();
  private committing: Promise<void> = Promise.resolve();
  private commitTimer: NodeJS.Timeout | undefined;
  private stopping = false;
  private lastError: unknown;

  constructor(consumer: KafkaConsumer, producer: Producer, options: ConsumerOptions<E>) {
    this.consumer = consumer;
    this.producer = producer;
    this.options = options;
  }

  async take(payload: EachBatchPayload): Promise<void> {
    const { generation } = this;
    const { batch } = payload;
    if (this.stopping) return; // Left to whoever gets this partition next.
    const deliveries = await this.parse(payload);
    if (deliveries.length > 0) {
      const handled = await new Promise<boolean>((resolve, reject) => {
        this.pending.push({ deliveries, payload, generation, resolve, reject });
        this.draining ??= this.drain();
      });
      if (!handled) return;
    }
    // What was handled while the group changed may belong to another by now: its offset is for that one to say.
    if (generation !== this.generation) return;
    payload.resolveOffset(batch.lastOffset());
    const { topic, partition } = batch;
    this.done.set(`${topic}/${String(partition)}`, {
      topic,
      partition,
      offset: String(BigInt(batch.lastOffset()) + 1n),
    });
    this.commitTimer ??= setTimeout(() => this.commit(), commitEveryMs);
  }

  /** Ends what is in hand and commits it; what is fetched from here on is not touched. */
  async stop(): Promise<void> {
    this.stopping = true;
    await this.draining;
    this.commit();
    await this.committing;
  }

  /** After a change of the group others may own these partitions: what they commit must not be set back. */
  forget(): void {
    this.generation++;
    this.done.clear();
  }

  /** Off the path of the records: what a crash leaves uncommitted is delivered again, and has no second effect. */
  private commit(): void {
    clearTimeout(this.commitTimer);
    this.commitTimer = undefined;
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
      const next = performance.now() + (this.options.paceMs ?? 0);
      const ours = ({ payload, generation }: Pending<E>) =>
        payload.isRunning() && !payload.isStale() && generation === this.generation;
      const taken = this.pending.filter(ours);
      for (const lost of this.pending.filter((one) => !ours(one))) lost.resolve(false);
      this.pending = [];
      // A batch may take longer than the session: the group must not take us for dead.
      const beat = setInterval(() => void this.heartbeat(taken).catch(() => undefined), 1000);
      try {
        const all = taken.flatMap(({ deliveries }) => deliveries);
        for (let at = 0; at < all.length; at += maxBatch) await this.handle(all.slice(at, at + maxBatch), taken);
        // kafkajs fetches again when these are resolved.
        const early = next - performance.now();
        if (early > 0 && !this.stopping) await sleep(early);
        for (const { resolve } of taken) resolve(true);
      } catch (error) {
        for (const { reject } of taken) reject(error);
      } finally {
        clearInterval(beat);
      }
    }
    // Here, not in a `finally`: what is added between the look and the clearing would wait for ever.
    this.draining = undefined;
  }

  private async handle(deliveries: Delivery<E>[], taken: Pending<E>[]): Promise<void> {
    if (await this.attempt(deliveries, taken)) return;
    const [only] = deliveries;
    if (deliveries.length === 1 && only) {
      await this.retry(only, taken);
      return;
    }
    const half = deliveries.length >> 1;
    await this.handle(deliveries.slice(0, half), taken);
    await this.handle(deliveries.slice(half), taken);
  }

  /** Of an event that has failed alone. */
  private async retry(delivery: Delivery<E>, taken: Pending<E>[]): Promise<void> {
    for (let attempt = 0; attempt < retries; attempt++) {
      await sleep(backoffMs(attempt));
      await this.heartbeat(taken);
      metrics.retries.inc({ service: this.options.group, target: 'event' });
      if (await this.attempt([delivery], taken)) return;
    }
    await this.giveUp(delivery, taken);
  }

  /** True when handled; false when the work itself is at fault. While a store is away, waits and tries again. */
  private async attempt(deliveries: Delivery<E>[], taken: Pending<E>[]): Promise<boolean> {
    const end = metrics.eventProcessing.startTimer({ service: this.options.group });
    try {
      await this.whileAway(
        () => asSpans(deliveries.map(spanOf), () => this.options.handle(deliveries)),
        () => this.heartbeat(taken),
      );
    } catch (error) {
      if (isUnavailable(error)) throw error;
      this.lastError = error;
      logger.warn({ err: error, events: deliveries.length }, 'events not handled');
      return false;
    }
    for (const { event } of deliveries) end({ event_type: event.type });
    return true;
  }

  private async giveUp(delivery: Delivery<E>, taken: Pending<E>[]): Promise<void> {
    const { topic, partition, record } = delivery;
    const error = this.lastError;
    const heartbeat = () => this.heartbeat(taken);
    try {
      await this.whileAway(async () => this.options.givenUp?.(delivery), heartbeat);
    } catch (failure) {
      if (isUnavailable(failure)) throw failure;
      // The partition goes on without it all the same.
      logger.error({ err: failure }, 'an event could not be given up properly');
    }
    const letter = deadLetter(this.options.group, topic, partition, record, error, retries + 1);
    await this.whileAway(() => this.producer.send([letter]), heartbeat);
  }

  /**
   * Does the work, again and again while what it needs is away.
   * @throws what the work throws otherwise; that something is away only when this consumer stops or loses its share.
   */
  private async whileAway(work: () => Promise<void>, heartbeat: () => Promise<void>): Promise<void> {
    for (let away = 0; ; away++) {
      try {
        await work();
        return;
      } catch (error) {
        if (!isUnavailable(error) || this.stopping) throw error;
        if (away === 0) logger.warn({ err: error }, 'a store is away, waiting');
        metrics.retries.inc({ service: this.options.group, target: 'store' });
        await sleep(backoffMs(away));
        await heartbeat();
      }
    }
  }

  private async heartbeat(taken: Pending<E>[]): Promise<void> {
    await taken[0]?.payload.heartbeat();
  }

  private async parse(payload: EachBatchPayload): Promise<Delivery<E>[]> {
    const { topic, partition, messages } = payload.batch;
    const deliveries: Delivery<E>[] = [];
    const schema = this.options.topics[topic];
    if (!schema) throw new Error(`not subscribed to ${topic}`);
    for (const record of messages) {
      if (isForAnother(this.options.group, record)) continue;
      const parsed = parseEvent(schema, record);
      if (parsed.kind === 'event') deliveries.push({ event: parsed.event, topic, partition, record });
      else if (parsed.kind === 'unknown') metrics.skippedEvents.inc({ topic, service: this.options.group });
      else {
        const letter = deadLetter(this.options.group, topic, partition, record, parsed.error, 1);
        await this.whileAway(
          () => this.producer.send([letter]),
          () => payload.heartbeat(),
        );
      }
    }
    return deliveries;
  }
}
