import { setTimeout as sleep } from 'node:timers/promises';
import type { Consumer, Kafka } from 'kafkajs';
import type { Lifecycle } from '../lifecycle.ts';
import { logger } from '../telemetry/logger.ts';
import { metrics } from '../telemetry/metrics.ts';

const lookEveryMs = 5000;

/**
 * Tells `kafka_consumer_lag`: the records of this member's share that are not committed yet. The broker is asked, so that
 * it grows too while the consumer is stuck or waits.
 */
export const watchLag = (
  kafka: Kafka,
  consumer: Consumer,
  group: string,
  topics: readonly string[],
  lifecycle: Lifecycle,
): void => {
  let share: Record<string, number[]> = {};
  const admin = kafka.admin();

  const look = async (): Promise<void> => {
    await admin.connect();
    const committed = await admin.fetchOffsets({ groupId: group, topics: [...topics] });
    for (const { topic, partitions } of committed) {
      const done = new Map(partitions.map(({ partition, offset }) => [partition, Number(offset)]));
      const ours = new Set(share[topic]);
      const ends = ours.size === 0 ? [] : await admin.fetchTopicOffsets(topic);
      const lag = ends
        .filter(({ partition }) => ours.has(partition))
        .reduce(
          (sum, { partition, high, low }) => sum + Number(high) - Math.max(done.get(partition) ?? 0, Number(low)),
          0,
        );
      metrics.consumerLag.set({ topic, consumer_group: group }, lag);
    }
  };

  let looking: Promise<void> | undefined;
  const tell = (): void => {
    if (lifecycle.draining) return;
    looking ??= look()
      .catch((error: unknown) => logger.debug({ err: error }, 'the lag cannot be told'))
      .finally(() => (looking = undefined));
  };
  consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => {
    share = payload.memberAssignment;
    tell();
  });
  const timer = setInterval(tell, lookEveryMs);
  lifecycle.onStop('consumer lag', async () => {
    clearInterval(timer);
    // A Kafka that is away may keep it for long; a stop does not wait for that.
    await Promise.race([looking, sleep(1000)]);
    await admin.disconnect();
  });
};
