import { setTimeout as sleep } from 'node:timers/promises';
import type { Consumer as KafkaConsumer, Kafka, KafkaMessage } from 'kafkajs';
import type { KafkaEnv } from '../config.ts';
import type { Lifecycle } from '../lifecycle.ts';
import { logger } from '../telemetry/logger.ts';
import { backoffMs } from './backoff.ts';
import { Lanes } from './lanes.ts';
import type { EventSchema } from './parse.ts';
import type { Producer } from './producer.ts';

/** A valid event as it came off a topic. */
export interface Delivery<E> {
  event: E;
  topic: string;
  partition: number;
  record: KafkaMessage;
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

/** How long a fetch may wait at the broker. Heartbeats and a clean stop wait for it too, so it is short. */
const fetchWaitMs = 100;

/**
 * Reads topics as one member of a consumer group. What several partitions bring at once is handled as one batch, and
 * nothing more is fetched meanwhile: that is the back-pressure. A batch that fails is halved until the event at fault is
 * alone; that one goes to the dead letter queue after its retries; while a store is away everything waits.
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
    logger.warn({ error: payload.error.message, restart: payload.restart }, 'consumer stopped');
    // kafkajs gives up on what it takes for permanent; a new process tries again, and is seen to.
    if (!payload.restart && !lifecycle.draining) process.kill(process.pid, 'SIGTERM');
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
