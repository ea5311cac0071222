import { setTimeout as sleep } from 'node:timers/promises';
import type { Consumer, EachBatchPayload, Kafka } from 'kafkajs';
import type { KafkaEnv } from '../config.ts';
import type { Lifecycle } from '../lifecycle.ts';
import { logger } from '../telemetry/logger.ts';
import { backoffMs } from './backoff.ts';
import { watchLag } from './lag.ts';
import { metadataMaxAgeMs, rebalanceTimeoutMs } from './partitions.ts';

/** How long a fetch may wait at the broker. Heartbeats and a clean stop wait for it too, so it is short. */
const fetchWaitMs = 100;

/** A consumer of a group, not yet a member of it. */
export const groupConsumer = (kafka: Kafka, env: KafkaEnv, group: string): Consumer =>
  kafka.consumer({
    groupId: group,
    sessionTimeout: env.KAFKA_SESSION_TIMEOUT_MS,
    rebalanceTimeout: rebalanceTimeoutMs,
    heartbeatInterval: 300,
    maxWaitTimeInMs: fetchWaitMs,
    metadataMaxAge: metadataMaxAgeMs,
    allowAutoTopicCreation: false,
    retry: { initialRetryTime: 100, maxRetryTime: 1000, retries: 5, restartOnFailure: () => Promise.resolve(true) },
  });

export interface Membership {
  kafka: Kafka;
  group: string;
  topics: readonly string[];
  /** Takes what one partition brings; it resolves and commits offsets itself. */
  eachBatch(payload: EachBatchPayload): Promise<void>;
  /** The group has changed: the share of this member may be another. */
  joined?(): void;
  /** Ends what is in hand, before the group is left. */
  stop?(): Promise<void>;
}

/** Becomes a member of the group as soon as Kafka and the topics are there, and stays one until the process drains. */
export const joinGroup = async (consumer: Consumer, lifecycle: Lifecycle, membership: Membership): Promise<void> => {
  let joined = false;
  consumer.on(consumer.events.GROUP_JOIN, () => {
    joined = true;
    membership.joined?.();
  });
  const take = async () => {
    await connectWhenThere(consumer, membership.topics, lifecycle);
    await consumer.run({
      autoCommit: false,
      eachBatchAutoResolve: false,
      partitionsConsumedConcurrently: 64,
      eachBatch: (payload) => membership.eachBatch(payload),
    });
  };
  consumer.on(consumer.events.CRASH, ({ payload }) => {
    joined = false;
    logger.warn({ error: payload.error.message, restart: payload.restart }, 'consumer stopped');
    if (payload.restart) return;
    // kafkajs gives up on what it takes for permanent, such as the coordinator of a cluster that has just begun.
    const again = sleep(1000, undefined, { signal: lifecycle.signal }).then(take);
    again.catch((error: unknown) => {
      if (lifecycle.draining) return;
      logger.error({ err: error }, 'the consumer cannot go on');
      process.kill(process.pid, 'SIGTERM'); // A new process tries again, and is seen to.
    });
  });
  watchLag(membership.kafka, consumer, membership.group, membership.topics, lifecycle);
  lifecycle.readyWhen('kafka consumer', () => joined);
  const leave = async () => {
    await membership.stop?.();
    await consumer.disconnect();
  };
  // At once, while requests in hand are still answered: they may wait for what the next owner of a partition will read.
  const left = drained(lifecycle).then(leave);
  left.catch(() => undefined); // Seen by who stops.
  lifecycle.onStop('kafka consumer', () => left);
  await take();
};

const drained = ({ draining, signal }: Lifecycle): Promise<void> =>
  new Promise((resolve) => {
    if (draining) resolve();
    else signal.addEventListener('abort', () => resolve());
  });

const connectWhenThere = async (
  consumer: Consumer,
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
