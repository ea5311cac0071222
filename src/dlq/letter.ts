import type { KafkaMessage } from 'kafkajs';
import { deadLetterHeaders, headerText } from '../platform/kafka/dead-letter.ts';
import { traceIdOf } from '../platform/telemetry/propagation.ts';
import { kindOf } from './kind.ts';
import type { StoredRecord } from './messages.ts';

/** A dead letter as it is kept: what is looked for as text that PostgreSQL takes, the record itself as the bytes it has. */
export interface Letter {
  queue: string;
  queuePartition: number;
  queueOffset: string;
  queuedAt: string;
  topic: string;
  origin: string;
  consumer: string | null;
  attempts: number;
  error: string;
  errorKind: string;
  key: string | null;
  eventType: string | null;
  eventId: string | null;
  traceId: string | null;
  failedAt: string;
  record: StoredRecord;
}

/** The longest of each text that is looked for; an index holds no long ones. */
const longest = { name: 249, error: 1000, key: 200, id: 100 };

/** Text that PostgreSQL takes, whatever bytes it was made of. */
const clean = (text: string, length: number): string => text.slice(0, length).replaceAll('\0', '\uFFFD').toWellFormed();
const cleanOrNull = (text: string | undefined, length: number): string | null =>
  text === undefined || text === '' ? null : clean(text, length);

const wholeNumber = (text: string | undefined, highest: number): number | undefined => {
  const number = text !== undefined && /^\d{1,16}$/.test(text) ? Number(text) : NaN;
  return number <= highest ? number : undefined;
};

const earliest = Date.UTC(2000, 0);
const latest = Date.UTC(2200, 0);
/** As ISO 8601; undefined for what is no time of this age. */
const timeOf = (text: string | undefined): string | undefined => {
  const at = text === undefined ? NaN : /^\d+$/.test(text) ? Number(text) : Date.parse(text);
  return at >= earliest && at < latest ? new Date(at).toISOString() : undefined;
};

/** The type and id of the event, as far as the payload is one. */
const eventOf = (payload: Buffer | null): { type?: string; eventId?: string } => {
  try {
    const event: unknown = JSON.parse(payload?.toString() ?? '');
    if (typeof event !== 'object' || event === null) return {};
    return {
      ...('type' in event && typeof event.type === 'string' ? { type: event.type } : {}),
      ...('eventId' in event && typeof event.eventId === 'string' ? { eventId: event.eventId } : {}),
    };
  } catch {
    return {}; // Not JSON, which may be what is wrong with it.
  }
};

/** Every value of every header. */
const allHeaders = (headers: KafkaMessage['headers']): [string, string][] =>
  Object.entries(headers ?? {}).flatMap(([name, value]) =>
    [value ?? []]
      .flat()
      .map((one): [string, string] => [Buffer.from(name).toString('base64'), Buffer.from(one).toString('base64')]),
  );

/** Whatever lies in a dead letter queue, also what no consumer of ours has put there. Never throws. */
export const readLetter = (queue: string, partition: number, message: KafkaMessage): Letter => {
  const text = (name: keyof typeof deadLetterHeaders) => headerText(message.headers, deadLetterHeaders[name]);
  const queuedAt = timeOf(message.timestamp) ?? new Date(earliest).toISOString();
  const topic = queue.replace(/\.dlq$/, '');
  const place = { partition: wholeNumber(text('partition'), 2 ** 31), offset: wholeNumber(text('offset'), 2 ** 53) };
  const known = place.partition !== undefined && place.offset !== undefined;
  const origin = known
    ? `${topic}/${place.partition}/${place.offset}@${timeOf(text('timestamp')) ?? ''}`
    : `${queue}/${partition}/${message.offset}@${queuedAt}`;
  const error = clean(text('error') ?? 'no error is named', longest.error);
  const { type, eventId } = eventOf(message.value);
  return {
    queue,
    queuePartition: partition,
    queueOffset: message.offset,
    queuedAt,
    topic,
    origin,
    consumer: cleanOrNull(text('consumer'), longest.name),
    attempts: wholeNumber(text('attempts'), 1_000_000) ?? 1,
    error,
    errorKind: kindOf(error),
    key: cleanOrNull(message.key?.toString(), longest.key),
    eventType: cleanOrNull(type, longest.id),
    eventId: cleanOrNull(eventId, longest.id),
    traceId: traceIdOf(message.headers ?? {}) ?? null,
    failedAt: timeOf(text('at')) ?? queuedAt,
    record: { key: message.key, headers: allHeaders(message.headers), payload: message.value },
  };
};
