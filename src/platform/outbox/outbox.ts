import { createHash, randomUUID } from 'node:crypto';
import type { AnyEvent } from '../../contracts/events.ts';
import { EventId, type CorrelationId } from '../../contracts/ids.ts';
import type { Transaction } from '../database/database.ts';
import { traceHeaders } from '../telemetry/propagation.ts';

/** An event on its way to a topic, ordered among those of the same key. */
export interface Outgoing<E extends AnyEvent = AnyEvent> {
  topic: string;
  key: string;
  event: E;
  /** The trace it belongs to; that of the caller when absent. */
  headers?: Record<string, string>;
}

/** The rows of the outbox as the statement below takes them, as one JSON parameter. */
export const outboxRows = (events: Outgoing[]): string =>
  JSON.stringify(
    events.map(({ topic, key, event, headers }) => ({
      topic,
      key,
      value: JSON.stringify(event),
      headers: headers ?? traceHeaders(),
    })),
  );

/** Inserts `$n` (outboxRows) in its order; a fragment, so that a service can write all it changes in one statement. */
export const insertOutbox = (parameter: number): string =>
  `insert into outbox (topic, key, value, headers)
   select topic, key, value, headers from jsonb_to_recordset($${String(parameter)}::jsonb)
     as r(topic text, key text, value text, headers jsonb)`;

/**
 * Writes events in the transaction that they tell of. The caller holds the lock of their aggregate, so that the order
 * of the ids is the order of what happened. `Relay.wake` belongs into `afterCommit`.
 */
export const appendToOutbox = async (transaction: Transaction, events: Outgoing[]): Promise<void> => {
  if (events.length === 0) return;
  await transaction.query({ name: 'outbox-append', text: insertOutbox(1) }, [outboxRows(events)]);
};

/** A new envelope. `eventId` is random unless what it tells has an id of its own by which it may be told again. */
export const envelope = (
  correlationId: CorrelationId,
  causationId: string | null,
  eventId: EventId = EventId.parse(randomUUID()),
) => ({ eventId, correlationId, causationId, version: 1, timestamp: new Date().toISOString() });

/** An event id derived from what the event tells of: telling it again is the same event. A UUID of version 8. */
export const eventIdFrom = (...parts: string[]): EventId => {
  const hash = createHash('sha256').update(parts.join('\n')).digest('hex');
  const variant = ((parseInt(hash.slice(16, 17), 16) & 0x3) | 0x8).toString(16);
  return EventId.parse(
    `${hash.slice(0, 8)}-${hash.slice(8, 12)}-8${hash.slice(13, 16)}-${variant}${hash.slice(17, 20)}-${hash.slice(20, 32)}`,
  );
};

/** The tables that `appendToOutbox`, `Relay` and `unseen` work on; part of the first migration of each database. */
export const outboxTables = [
  `create table outbox (
     id bigint generated always as identity primary key,
     topic text not null,
     key text not null,
     value text not null,
     headers jsonb not null default '{}',
     created_at timestamptz not null default now(),
     published_at timestamptz
   ) with (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_cost_delay = 0)`,
  `create index outbox_unpublished on outbox (id) where published_at is null`,
  `create index outbox_published on outbox (published_at) where published_at is not null`,
  `create table inbox (
     consumer text not null,
     event_id uuid not null,
     seen_at timestamptz not null default now(),
     primary key (consumer, event_id)
   )`,
  `create index inbox_seen on inbox using brin (seen_at)`,
];
