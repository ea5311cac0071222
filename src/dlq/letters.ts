import type { Database } from '../platform/database/database.ts';
import type { Letter } from './letter.ts';

/** How long a message is kept: as long as an inbox knows what it has seen. */
const keepDays = 45;
const sweepAtOnce = 2000;

/** Puts dead letters into the database, each once, and removes them when their time is up. */
export class Letters {
  private readonly database: Database;

  constructor(database: Database) {
    this.database = database;
  }

  /** @returns how many of them were new */
  async add(letters: Letter[]): Promise<number> {
    const rows = letters.map(({ record, ...letter }, index) => ({
      ...letter,
      index,
      headers: record.headers,
      payloadBytes: record.payload?.length ?? 0,
    }));
    const [added] = await this.database.query<{ count: number }>(
      {
        name: 'dlq-add',
        text: `with letters as (
                 select * from jsonb_to_recordset($1::jsonb) as r(
                   index int, queue text, "queuePartition" int, "queueOffset" bigint, "queuedAt" timestamptz, topic text,
                   origin text, consumer text, attempts int, error text, "errorKind" text, key text, "eventType" text,
                   "eventId" text, "traceId" text, "payloadBytes" int, "failedAt" timestamptz, headers jsonb)
               ), added as (
                 insert into dlq.messages (queue, queue_partition, queue_offset, queued_at, topic, origin, consumer,
                   attempts, error, error_kind, key, event_type, event_id, trace_id, payload_bytes, failed_at)
                 select queue, "queuePartition", "queueOffset", "queuedAt", topic, origin, consumer,
                   attempts, error, "errorKind", key, "eventType", "eventId", "traceId", "payloadBytes", "failedAt"
                 from letters order by index
                 on conflict do nothing
                 returning id, queue, queue_partition, queue_offset, queued_at
               ), kept as (
                 insert into dlq.records (message_id, key, headers, payload)
                 select a.id, ($2::bytea[])[l.index + 1], l.headers, ($3::bytea[])[l.index + 1]
                 from added a join letters l on (l.queue, l."queuePartition", l."queueOffset", l."queuedAt")
                   = (a.queue, a.queue_partition, a.queue_offset, a.queued_at)
               )
               select count(*)::int as count from added`,
      },
      [JSON.stringify(rows), letters.map(({ record }) => record.key), letters.map(({ record }) => record.payload)],
    );
    return added?.count ?? 0;
  }

  /** Removes what is older than it is kept. */
  async sweep(): Promise<void> {
    for (let removed = sweepAtOnce; removed === sweepAtOnce;) {
      const rows = await this.database.query(
        {
          text: `delete from dlq.messages where id = any (array (
                   select id from dlq.messages where arrived_at < now() - make_interval(days => $1) limit $2))
                 returning id`,
        },
        [keepDays, sweepAtOnce],
      );
      removed = rows.length;
    }
  }
}
