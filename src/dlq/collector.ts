import { setTimeout as sleep } from 'node:timers/promises';
import type { EachBatchPayload, Kafka } from 'kafkajs';
import type { KafkaEnv } from '../platform/config.ts';
import { isUnavailable } from '../platform/errors.ts';
import { backoffMs } from '../platform/kafka/backoff.ts';
import { groupConsumer, joinGroup } from '../platform/kafka/group.ts';
import type { Lifecycle } from '../platform/lifecycle.ts';
import { logger } from '../platform/telemetry/logger.ts';
import { readLetter, type Letter } from './letter.ts';
import type { Letters } from './letters.ts';

/** Of one statement: a record has up to a megabyte. */
const atOnce = { letters: 500, bytes: 4 * 1024 * 1024 };

/** Letters in groups of bounded size, in their order. */
function* portions(letters: Letter[]): Generator<Letter[]> {
  let portion: Letter[] = [];
  let bytes = 0;
  for (const letter of letters) {
    const size = letter.record.payload?.length ?? 0;
    if (portion.length === atOnce.letters || (portion.length > 0 && bytes + size > atOnce.bytes)) {
      yield portion;
      portion = [];
      bytes = 0;
    }
    portion.push(letter);
    bytes += size;
  }
  if (portion.length > 0) yield portion;
}

/**
 * Reads the dead letter queues into the database. Records are taken as they are, by no schema: nothing that lies in a
 * queue stops it. While the database is away it waits; what is delivered again is known by its place.
 */
export const collect = async (
  kafka: Kafka,
  env: KafkaEnv,
  letters: Letters,
  lifecycle: Lifecycle,
  { group, queues }: { group: string; queues: readonly string[] },
): Promise<void> => {
  const consumer = groupConsumer(kafka, env, group);

  /** @throws only that the database is away, when this member stops or has lost its share */
  const add = async (portion: Letter[], heartbeat: () => Promise<void>): Promise<void> => {
    for (let away = 0; ; away++) {
      try {
        await letters.add(portion);
        return;
      } catch (error) {
        const [only] = portion;
        if (isUnavailable(error)) {
          if (lifecycle.draining) throw error;
          if (away === 0) logger.warn({ err: error }, 'the database is away, waiting');
          await sleep(backoffMs(away));
          await heartbeat();
        } else if (portion.length === 1 && only) {
          // It stays in its queue, and all others go on.
          const { queue, queuePartition: partition, queueOffset: offset } = only;
          logger.error({ err: error, queue, partition, offset }, 'a dead letter cannot be kept');
          return;
        } else {
          for (const one of portion) await add([one], heartbeat);
          return;
        }
      }
    }
  };

  const take = async (payload: EachBatchPayload): Promise<void> => {
    const { topic, partition, messages } = payload.batch;
    const read = messages.map((message) => readLetter(topic, partition, message));
    for (const portion of portions(read)) {
      if (lifecycle.draining || !payload.isRunning() || payload.isStale()) return;
      await add(portion, () => payload.heartbeat());
      const last = portion.at(-1)?.queueOffset ?? payload.batch.lastOffset();
      payload.resolveOffset(last);
      await consumer.commitOffsets([{ topic, partition, offset: String(BigInt(last) + 1n) }]);
      await payload.heartbeat();
    }
  };

  await joinGroup(consumer, lifecycle, { kafka, group, topics: queues, eachBatch: take });
};
