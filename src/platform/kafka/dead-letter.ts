import type { IHeaders, KafkaMessage } from 'kafkajs';
import { logger } from '../telemetry/logger.ts';
import { metrics } from '../telemetry/metrics.ts';
import type { OutgoingRecord } from './producer.ts';

/** The headers by which the dead letter queue tells where a record came from and what happened to it. */
export const deadLetterHeaders = {
  topic: 'dlq-topic',
  partition: 'dlq-partition',
  offset: 'dlq-offset',
  /** When Kafka took the record: a topic that was made anew has the same offsets again. */
  timestamp: 'dlq-timestamp',
  consumer: 'dlq-consumer',
  error: 'dlq-error',
  attempts: 'dlq-attempts',
  at: 'dlq-at',
  /** Of a replayed record: the consumer that failed; all others have had their effect of it. */
  replayFor: 'dlq-replay-for',
} as const;
/** What a replay keeps, so that a letter that comes back is known by the record that failed first. */
const origin: readonly string[] = [deadLetterHeaders.partition, deadLetterHeaders.offset, deadLetterHeaders.timestamp];
const kept: readonly string[] = [...origin, deadLetterHeaders.attempts];
const ours: readonly string[] = Object.values(deadLetterHeaders);

/** The value of a header as text: the first where there are several. */
export const headerText = (headers: IHeaders | undefined, name: string): string | undefined => {
  const value = headers?.[name];
  return (Array.isArray(value) ? value[0] : value)?.toString();
};

const firstValues = (headers: IHeaders | undefined, wanted: (name: string) => boolean): [string, string | Buffer][] =>
  Object.entries(headers ?? {}).flatMap(([name, value]) => {
    const one = Array.isArray(value) ? value[0] : value;
    return one === undefined || !wanted(name) ? [] : [[name, one]];
  });

const isOwn = (name: string): boolean => !ours.includes(name);

/** Whether a record was replayed for another consumer group. */
export const isForAnother = (group: string, { headers }: Pick<KafkaMessage, 'headers'>): boolean => {
  const replayFor = headerText(headers, deadLetterHeaders.replayFor);
  return replayFor !== undefined && replayFor !== group;
};

/**
 * The record for `<topic>.dlq`: key, value and headers as they came, and what went wrong. One that failed after a replay
 * comes back as the record that failed first, with its attempts added up.
 */
export const deadLetter = (
  consumer: string,
  topic: string,
  partition: number,
  record: KafkaMessage,
  error: unknown,
  attempts: number,
): OutgoingRecord => {
  const problem = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  logger.error({ topic, partition, offset: record.offset, error: problem }, 'record sent to the dead letter queue');
  metrics.deadLetters.inc({ topic });
  const replayed = headerText(record.headers, deadLetterHeaders.replayFor) !== undefined;
  const before = replayed ? Number(headerText(record.headers, deadLetterHeaders.attempts)) || 0 : 0;
  return {
    topic: `${topic}.dlq`,
    key: record.key,
    value: record.value,
    headers: {
      [deadLetterHeaders.partition]: String(partition),
      [deadLetterHeaders.offset]: record.offset,
      [deadLetterHeaders.timestamp]: record.timestamp,
      ...Object.fromEntries(firstValues(record.headers, (name) => isOwn(name) || (replayed && origin.includes(name)))),
      [deadLetterHeaders.topic]: topic,
      [deadLetterHeaders.consumer]: consumer,
      [deadLetterHeaders.error]: problem.slice(0, 500),
      [deadLetterHeaders.attempts]: String(before + attempts),
      [deadLetterHeaders.at]: new Date().toISOString(),
    },
  };
};

/** The record of a dead letter once more, for the one consumer that could not handle it. */
export const replayOf = (
  letter: Pick<OutgoingRecord, 'key' | 'value' | 'headers'>,
  topic: string,
  consumer: string,
): OutgoingRecord => ({
  topic,
  key: letter.key,
  value: letter.value,
  headers: {
    ...Object.fromEntries(firstValues(letter.headers, (name) => isOwn(name) || kept.includes(name))),
    [deadLetterHeaders.replayFor]: consumer,
  },
});
