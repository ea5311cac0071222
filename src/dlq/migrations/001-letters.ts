import { Migration } from '@mikro-orm/migrations';

export class Letters extends Migration {
  override up(): void {
    // What is looked for, apart from what may be large: a search reads few pages.
    this.addSql(`
      create table dlq.messages (
        id bigint generated always as identity primary key,
        -- Where it lies in the dead letter queue. A topic that was made anew has the same offsets again, at another time.
        queue text not null,
        queue_partition int not null,
        queue_offset bigint not null,
        queued_at timestamptz not null,
        -- The topic that it failed on and is replayed to.
        topic text not null,
        -- The record that failed first: the letters of all its replays have the same.
        origin text not null,
        -- Null when the letter does not say; such a one cannot be replayed.
        consumer text,
        attempts int not null,
        error text not null,
        -- The error without what differs from one message to the next.
        error_kind text not null,
        key text,
        event_type text,
        event_id text,
        trace_id text,
        payload_bytes int not null,
        -- To the millisecond, as a page begins after one.
        failed_at timestamptz(3) not null,
        arrived_at timestamptz not null default now(),
        status text not null default 'NEW' check (status in ('NEW', 'REPLAYED', 'DISCARDED')),
        unique (queue, queue_partition, queue_offset, queued_at),
        -- The same failure told twice, because its consumer died before it had committed, is one message.
        unique (origin, consumer, attempts)
      )`);
    this.addSql('create index messages_recent on dlq.messages (failed_at desc, id desc)');
    this.addSql('create index messages_topic on dlq.messages (topic, failed_at desc, id desc)');
    this.addSql('create index messages_status on dlq.messages (status, failed_at desc, id desc)');
    this.addSql('create index messages_key on dlq.messages (key text_pattern_ops)');
    this.addSql('create index messages_event on dlq.messages (event_id)');
    // For the overview, which asks for nothing else.
    this.addSql('create index messages_summary on dlq.messages (topic, status, consumer, error_kind, failed_at)');
    this.addSql(`
      create table dlq.records (
        message_id bigint primary key references dlq.messages on delete cascade,
        key bytea,
        -- [name, value] each, both in base64, in their order.
        headers jsonb not null,
        payload bytea
      )`);

    this.addSql(`
      create table dlq.decisions (
        id bigint generated always as identity primary key,
        at timestamptz not null default now(),
        operator text not null,
        action text not null check (action in ('REPLAY', 'DISCARD')),
        reason text,
        -- {ids: […]} or {filter: {…}}
        scope jsonb not null,
        total int not null,
        -- Messages up to here are meant, and those up to here have been seen to.
        last_id bigint not null,
        done_id bigint not null default 0,
        succeeded int not null default 0,
        -- {why: how many}
        refused jsonb not null default '{}',
        finished_at timestamptz
      )`);
    this.addSql('create index decisions_open on dlq.decisions (id) where finished_at is null');
    this.addSql(`
      create table dlq.changes (
        message_id bigint not null references dlq.messages on delete cascade,
        decision_id bigint not null references dlq.decisions,
        at timestamptz not null default now(),
        -- Why nothing could be done; null when it was done.
        refusal text,
        primary key (message_id, decision_id)
      )`);
    // Sessions that were signed out of before their time was up.
    this.addSql('create table dlq.ended_sessions (id uuid primary key, expires_at timestamptz not null)');

    this.addSql('grant usage on schema dlq to dlq');
    this.addSql('grant select on dlq.migrations to dlq');
    this.addSql('grant select, insert, update, delete on dlq.messages to dlq');
    this.addSql('grant select, insert on dlq.records, dlq.changes to dlq');
    this.addSql('grant select, insert, update on dlq.decisions to dlq');
    this.addSql('grant select, insert, delete on dlq.ended_sessions to dlq');
  }
}
