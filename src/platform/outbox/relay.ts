import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import type { DatabaseEnv } from '../config.ts';
import { directClient, type Database } from '../database/database.ts';
import type { Producer } from '../kafka/producer.ts';
import type { Lifecycle } from '../lifecycle.ts';
import { logger } from '../telemetry/logger.ts';
import { metrics } from '../telemetry/metrics.ts';

/** Any number that is the same in all replicas: the advisory lock of the one relay of a database. */
export const relayLock = 4_717_001;
const batchSize = 500;
/** How long nothing is looked for when nobody calls. */
const idleMs = 500;
const standbyMs = 500;
const sweepEveryMs = 5000;
/** Published events are kept, so that a restored database can publish its last hour again. */
const keepPublished = '1 hour';
/** What was seen is kept as long as a topic and its dead letter queue keep it: 30 and 14 days at most. */
const keepSeen = '45 days';
const sweepAtOnce = 20_000;

interface OutboxRow {
  id: string;
  topic: string;
  key: string;
  value: string;
  headers: Record<string, string>;
}

export interface Relay {
  /** Something was committed: look now. */
  wake(): void;
}

const channel = 'outbox';

/** Tells the relay of this database, wherever it runs, that something was committed. For services that run none. */
export const remoteWake = (database: Database): Relay => {
  let busy = false;
  let again = false;
  const wake = (): void => {
    if (busy) {
      again = true;
      return;
    }
    busy = true;
    database
      .query({ text: `select pg_notify('${channel}', '')` })
      // The relay looks by itself soon enough.
      .catch(() => undefined)
      .finally(() => {
        busy = false;
        if (again) {
          again = false;
          wake();
        }
      });
  };
  return { wake };
};

/**
 * Publishes the outbox of a database to Kafka, at least once and in order per key. Every replica runs one; the one that
 * holds the advisory lock works, the others stand by and take over when its connection ends.
 */
export const startRelay = (
  env: DatabaseEnv,
  database: Database,
  producer: Producer,
  service: string,
  lifecycle: Lifecycle,
): Relay => {
  const remote = remoteWake(database);
  let leading = false;
  let wakeUp: (() => void) | undefined;
  let called = false;
  // Not `lifecycle.draining`: the relay goes on until the parts that write to the outbox have stopped.
  const stop = new AbortController();
  const stopping = () => stop.signal.aborted;
  const wake = (): void => {
    if (!leading) {
      remote.wake();
      return;
    }
    called = true;
    wakeUp?.();
  };
  const idle = async (): Promise<void> => {
    if (called || stopping()) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, idleMs);
      wakeUp = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    wakeUp = undefined;
  };

  const lead = async (client: pg.Client): Promise<void> => {
    // Marks lost in a crash are only events published twice.
    await client.query('set synchronous_commit = off');
    // A machine that is gone without a word must not keep the lock for hours.
    await client.query('set tcp_keepalives_idle = 2; set tcp_keepalives_interval = 1; set tcp_keepalives_count = 3');
    // By index always: a plan made while the outbox was small would read all of it at every look, for ever; and only a
    // plain index scan clears the index of published rows as it passes them, a bitmap scan reads them until the vacuum.
    await client.query('set enable_seqscan = off; set enable_bitmapscan = off');
    await client.query(`listen ${channel}`);
    client.on('notification', wake);
    leading = true;
    logger.info('relay leads');
    // Marked together with the next look: one statement for both.
    let published: string[] = [];
    let swept = Date.now();
    for (;;) {
      called = false;
      const rows = await next(client, published);
      published = rows.map(({ id }) => id);
      metrics.outboxAge.set({ service }, rows[0] ? (Date.now() - rows[0].created) / 1000 : 0);
      if (rows.length > 0) await producer.send(rows);
      else if (stopping()) return;
      if (Date.now() - swept > sweepEveryMs) {
        await mark(client);
        await sweep(client);
        swept = Date.now();
      }
      if (rows.length < batchSize) await idle();
    }
  };

  const standBy = async (): Promise<void> => {
    while (!stopping()) {
      const client = directClient(env, `${service} relay`);
      client.on('error', () => undefined); // Seen by the query that fails.
      try {
        await client.connect();
        for (;;) {
          const { rows } = await client.query<{ ours: boolean }>('select pg_try_advisory_lock($1) as ours', [
            relayLock,
          ]);
          if (rows[0]?.ours === true || stopping()) break;
          // Whoever leads says how old the oldest is; what was said here before must not stand for it.
          metrics.outboxAge.set({ service }, 0);
          await sleep(standbyMs);
        }
        if (!stopping()) await lead(client);
      } catch (error) {
        logger.warn({ err: error }, 'relay interrupted, trying again');
        await sleep(standbyMs);
      } finally {
        leading = false;
        await client.end().catch(() => undefined);
      }
    }
  };

  const running = standBy();
  lifecycle.onStop('relay', () => {
    stop.abort();
    wakeUp?.();
    return running;
  });
  return { wake };
};

/**
 * Commits something, however quiet it is: a log that is archived can be restored to any instant up to its last commit, and
 * all databases are restored to one instant.
 */
const mark = (client: pg.Client) => client.query('select pg_current_xact_id()');

/** Deletes what is no longer kept, some at a time: the relay is not held up. */
const sweep = async (client: pg.Client): Promise<void> => {
  const old = (table: string, age: string) =>
    `delete from ${table} where ctid = any (array (select ctid from ${table} where ${age} limit ${sweepAtOnce}))`;
  await client.query(old('outbox', `published_at < now() - interval '${keepPublished}'`));
  await client.query(old('inbox', `seen_at < now() - interval '${keepSeen}'`));
};

/** Marks what was published and takes the next, in one statement. */
const next = async (client: pg.Client, published: string[]) => {
  const { rows } = await client.query<OutboxRow & { created: number }>({
    name: 'relay-next',
    text: `with done as (update outbox set published_at = now() where id = any ($1::bigint[]))
           select id, topic, key, value, headers, (extract(epoch from created_at) * 1000)::float8 as created
           from outbox where published_at is null and id <> all ($1::bigint[]) order by id limit ${String(batchSize)}`,
    values: [published],
  });
  return rows;
};
