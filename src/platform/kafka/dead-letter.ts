import type { KafkaMessage } from 'kafkajs';
import { logger } from '../telemetry/logger.ts';
import { metrics } from '../telemetry/metrics.ts';
import type { OutgoingRecord } from './producer.ts';

/** The headers by which the dead letter queue tells where a record came from and what happened to it. */
export const deadLetterHeaders = {
  topic: 'dlq-topic',
  partition: 'dlq-partition',
  offset: 'dlq-offset',
  consumer: 'dlq-consumer',
  error: 'dlq-error',
  attempts: 'dlq-attempts',
  at: 'dlq-at',
} as const;

/** The record for `<topic>.dlq`: key, value and headers as they came, and what went wrong. */
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
  const headers: Record<string, string | Buffer> = {};
  for (const [name, value] of Object.entries(record.headers ?? {})) {
    const first = Array.isArray(value) ? value[0] : value;
    if (first !== undefined) headers[name] = first;
  }
  return {
    topic: `${topic}.dlq`,
    key: record.key,
    value: record.value,
    headers: {
      ...headers,
      [deadLetterHeaders.topic]: topic,
      [deadLetterHeaders.partition]: String(partition),
      [deadLetterHeaders.offset]: record.offset,
      [deadLetterHeaders.consumer]: consumer,
      [deadLetterHeaders.error]: problem.slice(0, 500),
      [deadLetterHeaders.attempts]: String(attempts),
      [deadLetterHeaders.at]: new Date().toISOString(),
    },
  };
};
