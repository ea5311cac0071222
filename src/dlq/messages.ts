import type { Database } from '../platform/database/database.ts';
import { metrics } from '../platform/telemetry/metrics.ts';
import { conditionOf, type Filter, type Status } from './filter.ts';

/** A message as lists show it. */
export interface Summary {
  id: string;
  topic: string;
  consumer: string | null;
  attempts: number;
  error: string;
  key: string | null;
  eventType: string | null;
  failedAt: Date;
  status: Status;
}

/** All that is known of a message. */
export interface Message extends Summary {
  queue: string;
  queuePartition: number;
  queueOffset: string;
  origin: string;
  errorKind: string;
  eventId: string | null;
  traceId: string | null;
  payloadBytes: number;
  arrivedAt: Date;
  record: StoredRecord;
}

/** The record as it lies in the dead letter queue; names and values of headers in base64. */
export interface StoredRecord {
  key: Buffer | null;
  headers: [name: string, value: string][];
  payload: Buffer | null;
}

/** What an operator decided about a message. */
export interface Change {
  decisionId: string;
  at: Date;
  operator: string;
  action: 'REPLAY' | 'DISCARD';
  reason: string | null;
  refusal: string | null;
}

/** Where a page begins: after or before a message in the list, which has the newest first. */
export interface Cursor {
  towards: 'older' | 'newer';
  failedAt: Date;
  id: string;
}

export interface Page {
  items: Summary[];
  /** Of all pages. */
  total: number;
  hasOlder: boolean;
  hasNewer: boolean;
}

/** Messages that wait, of one topic. */
export interface TopicState {
  topic: string;
  waiting: number;
  oldest: Date | null;
  lastHour: number;
  replayed: number;
  discarded: number;
  /** The errors that most of them have; `newest` in milliseconds since the epoch. */
  groups: { consumer: string | null; error: string; count: number; newest: number }[];
  /** How many groups there are in all. */
  kinds: number;
}

const pageSize = 50;
const groupsShown = 5;

const summary = `id, topic, consumer, attempts, error, key, event_type as "eventType", failed_at as "failedAt", status`;

/** Reads what is in the database of dead letters. */
export class Messages {
  private readonly database: Database;

  constructor(database: Database) {
    this.database = database;
  }

  async page(filter: Filter, cursor: Cursor | null): Promise<Page> {
    const { text, values } = conditionOf(filter);
    const newer = cursor?.towards === 'newer';
    const from = `($${values.length + 1}::timestamptz, $${values.length + 2}::bigint)`;
    const place = cursor ? `and (failed_at, id) ${newer ? '>' : '<'} ${from}` : '';
    const order = newer ? 'failed_at, id' : 'failed_at desc, id desc';
    const rows = await this.database.query<Summary>(
      { text: `select ${summary} from dlq.messages where ${text} ${place} order by ${order} limit ${pageSize + 1}` },
      cursor ? [...values, cursor.failedAt, cursor.id] : values,
    );
    const more = rows.length > pageSize;
    const items = rows.slice(0, pageSize);
    // What few fit may have read all that there are: not twice.
    const total = cursor === null && !more ? items.length : await this.count(filter);
    return newer
      ? { items: items.toReversed(), total, hasOlder: true, hasNewer: more }
      : { items, total, hasOlder: more, hasNewer: cursor !== null };
  }

  async count(filter: Filter): Promise<number> {
    const { text, values } = conditionOf(filter);
    const [row] = await this.database.query<{ count: number }>(
      { text: `select count(*)::int as count from dlq.messages where ${text}` },
      values,
    );
    return row?.count ?? 0;
  }

  async find(id: string): Promise<Message | null> {
    const [[message], [record]] = await Promise.all([
      this.database.query<Omit<Message, 'record'>>(
        {
          name: 'dlq-message',
          text: `select ${summary}, queue, queue_partition as "queuePartition", queue_offset as "queueOffset", origin,
                   error_kind as "errorKind", event_id as "eventId", trace_id as "traceId",
                   payload_bytes as "payloadBytes", arrived_at as "arrivedAt"
                 from dlq.messages where id = $1`,
        },
        [id],
      ),
      this.database.query<StoredRecord>(
        { name: 'dlq-record', text: 'select key, headers, payload from dlq.records where message_id = $1' },
        [id],
      ),
    ]);
    return message && record ? { ...message, record } : null;
  }

  /** The letters of the same record to the same consumer, this one too: one for each time that it failed. */
  letters({ origin, consumer }: Message): Promise<Summary[]> {
    return this.database.query<Summary>(
      {
        name: 'dlq-letters',
        text: `select ${summary} from dlq.messages where origin = $1 and consumer is not distinct from $2
               order by attempts, id limit 100`,
      },
      [origin, consumer],
    );
  }

  changes(id: string): Promise<Change[]> {
    return this.database.query<Change>(
      {
        name: 'dlq-changes',
        text: `select d.id as "decisionId", c.at, d.operator, d.action, d.reason, c.refusal
               from dlq.changes c join dlq.decisions d on d.id = c.decision_id where c.message_id = $1 order by c.at`,
      },
      [id],
    );
  }

  /** Tells the metrics how many wait in each topic, and for how long. */
  async tellWaiting(topics: readonly string[]): Promise<void> {
    const rows = await this.database.query<{ topic: string; count: number; seconds: number }>({
      name: 'dlq-waiting',
      text: `select topic, count(*)::int as count, extract(epoch from now() - min(failed_at))::float8 as seconds
             from dlq.messages where status = 'NEW' group by topic`,
    });
    const of = new Map(rows.map((row) => [row.topic, row]));
    for (const topic of topics) {
      metrics.deadLettersWaiting.set({ topic }, of.get(topic)?.count ?? 0);
      metrics.deadLettersOldest.set({ topic }, of.get(topic)?.seconds ?? 0);
    }
  }

  /** What waits, by topic; of the topics given, those without messages too. */
  async overview(topics: readonly string[]): Promise<TopicState[]> {
    const states = await this.database.query<TopicState>({
      name: 'dlq-overview',
      text: `with kinds as (
               select topic, status, consumer, error_kind as error, count(*)::int as count, min(failed_at) as oldest,
                 max(failed_at) as newest, count(*) filter (where failed_at > now() - interval '1 hour') as recent
               from dlq.messages group by topic, status, consumer, error_kind
             ), places as (
               select *, row_number() over (partition by topic order by count desc, newest desc) as place
               from kinds where status = 'NEW'
             )
             select topic,
               coalesce(sum(count) filter (where status = 'NEW'), 0)::int as waiting,
               min(oldest) filter (where status = 'NEW') as oldest,
               sum(recent)::int as "lastHour",
               coalesce(sum(count) filter (where status = 'REPLAYED'), 0)::int as replayed,
               coalesce(sum(count) filter (where status = 'DISCARDED'), 0)::int as discarded,
               count(*) filter (where status = 'NEW')::int as kinds,
               (select coalesce(json_agg(json_build_object('consumer', consumer, 'error', error, 'count', count,
                  'newest', extract(epoch from newest) * 1000) order by place), '[]')
                from places where places.topic = kinds.topic and place <= ${groupsShown}) as groups
             from kinds group by topic order by topic`,
    });
    const none = { waiting: 0, oldest: null, lastHour: 0, replayed: 0, discarded: 0, kinds: 0, groups: [] };
    const known = new Map([
      ...topics.map((topic) => [topic, { topic, ...none }] as const),
      ...states.map((state) => [state.topic, state] as const),
    ]);
    return [...known.values()];
  }
}
