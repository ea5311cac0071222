import type { Kafka, KafkaMessage } from 'kafkajs';
import type { KafkaEnv } from '../config.ts';
import type { Lifecycle } from '../lifecycle.ts';
import { metrics } from '../telemetry/metrics.ts';
import { groupConsumer, joinGroup } from './group.ts';
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
   * From one fetch to the next in ms, at least (0). Each costs the same however much it brings, so who can wait for the rest of a
   * busy moment pays once for it; the first record after a pause is taken at once all the same.
   */
  paceMs?: number;
  /**
   * Makes the effects of a batch durable, or throws and leaves none. The batch spans partitions; within one it is in
   * order. It is given again after a crash: who must not do a thing twice looks into its inbox.
   */
  handle(batch: Delivery<E>[]): Promise<void>;
  /** Called for a valid event that goes to the dead letter queue after all. */
  givenUp?(delivery: Delivery<E>): Promise<void>;
}

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
  // A counter that begins with its first letter has no increase that an alert could see.
  for (const topic of Object.keys(options.topics)) metrics.deadLetters.inc({ topic }, 0);
  const consumer = groupConsumer(kafka, env, options.group);
  const lanes = new Lanes(consumer, producer, options);
  await joinGroup(consumer, lifecycle, {
    kafka,
    group: options.group,
    topics: Object.keys(options.topics),
    eachBatch: (payload) => lanes.take(payload),
    joined: () => lanes.forget(),
    stop: () => lanes.stop(),
  });
};
