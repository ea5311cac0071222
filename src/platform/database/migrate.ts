import { setTimeout as sleep } from 'node:timers/promises';
import { Migrator, type Migration } from '@mikro-orm/migrations';
import type { MikroORM } from '@mikro-orm/postgresql';
import type { Constructor } from '@mikro-orm/core';
import type pg from 'pg';
import type { DatabaseEnv } from '../config.ts';
import { isUnavailable } from '../errors.ts';
import { currentLife, enterLife } from '../outbox/lives.ts';
import { logger } from '../telemetry/logger.ts';
import { directClient, openOrm, ormOptions } from './database.ts';

/** The migrations of a service, oldest first. They only expand: an older version keeps working on the newer schema. */
export interface Migrations {
  /** Where the list of what has run is kept. */
  schema: string;
  /** The schema has an outbox, and with it the lives of the database. */
  outbox?: true;
  list: { name: string; class: Constructor<Migration> }[];
}

const open = async (env: DatabaseEnv, migrations: Migrations): Promise<MikroORM> => {
  const { orm } = await openOrm(
    env,
    ormOptions(
      {
        ...env,
        DATABASE_HOST: env.DATABASE_DIRECT_HOST ?? env.DATABASE_HOST,
        DATABASE_PORT: env.DATABASE_DIRECT_PORT ?? env.DATABASE_PORT,
      },
      'migrations',
      {
        extensions: [Migrator],
        migrations: {
          tableName: 'migrations',
          schema: migrations.schema,
          migrationsList: migrations.list,
          snapshot: false,
          silent: true,
          transactional: true,
          allOrNothing: true,
        },
      },
      0, // A migration takes as long as it takes.
    ),
  );
  return orm;
};

/**
 * Runs what has not run yet, as the owner of the database, and enters the life that the environment says; waits while the
 * database is away. Safe to run twice, and at once. @throws Error when the database is in a later life
 */
export const migrate = async (env: DatabaseEnv, migrations: Migrations): Promise<void> => {
  const orm = await open(env, migrations);
  await whenAvailable(async () => {
    // One at a time: whoever comes second finds nothing left to do.
    const lock = directClient(env, 'migrations');
    await lock.connect();
    try {
      await lock.query('set statement_timeout = 0');
      await lock.query("select pg_advisory_lock(hashtext('migrations'))");
      await orm.em.getConnection().execute(`create schema if not exists ${migrations.schema}`);
      await endLostSessions(lock);
      const ran = await orm.migrator.up();
      for (const { name } of ran) logger.info({ migration: name }, 'migrated');
      if (migrations.outbox) await enterLife(orm, env.DATABASE_LIFE);
    } finally {
      await lock.end();
    }
  });
  await orm.close(true);
};

/**
 * How a database gets rid of a client that is gone without a word (a node lost, a network cut): its locks are free again
 * after 10 s, and not when TCP gives up. Set for the database, as poolers pass on no settings of a session.
 */
const lostSessions = {
  // No transaction of ours pauses for longer than one call to another service takes.
  idle_in_transaction_session_timeout: '10s',
  // Who waits for a lock notices that nobody waits for the answer.
  client_connection_check_interval: '5s',
  tcp_keepalives_idle: '5s',
  tcp_keepalives_interval: '1s',
  tcp_keepalives_count: '5',
  tcp_user_timeout: '10s',
};

/** Only the owner of a database may set something for it; where this is somebody else, that is to be done there. */
const endLostSessions = async (client: pg.Client): Promise<void> => {
  const { rows } = await client.query<{ name: string; ours: boolean }>(
    `select quote_ident(datname) as name, pg_has_role(datdba, 'usage') as ours from pg_database where datname = current_database()`,
  );
  const [database] = rows;
  if (!database?.ours) {
    logger.warn({ settings: lostSessions }, 'not the owner of this database: set these for it (alter database … set)');
    return;
  }
  for (const [name, value] of Object.entries(lostSessions)) {
    await client.query(`alter database ${database.name} set ${name} = '${value}'`).catch((error: unknown) => {
      logger.warn({ err: error, name, value }, 'this database can not be set to end sessions that are lost');
    });
  }
};

/** Waits until every migration that this version knows has run, and the life that the environment says has begun. */
export const awaitMigrations = async (env: DatabaseEnv, migrations: Migrations): Promise<void> => {
  const orm = await open(env, migrations);
  const wanted = migrations.list.map(({ name }) => name);
  await whenAvailable(async () => {
    for (;;) {
      const ran = new Set(await executed(orm, migrations.schema));
      const missing = wanted.filter((name) => !ran.has(name));
      // A relay that began before would sweep what is to be published again.
      if (missing.length === 0 && (!migrations.outbox || (await currentLife(orm)) >= env.DATABASE_LIFE)) return;
      logger.info({ missing, life: env.DATABASE_LIFE }, 'waiting for migrations');
      await sleep(1000);
    }
  });
  await orm.close(true);
};

const executed = async (orm: MikroORM, schema: string): Promise<string[]> => {
  try {
    const rows = await orm.em.getConnection().execute<{ name: string }[]>(`select name from ${schema}.migrations`);
    return rows.map(({ name }) => name);
  } catch (error) {
    if (isUnavailable(error)) throw error;
    return []; // The table comes with the first migration.
  }
};

const whenAvailable = async (work: () => Promise<void>): Promise<void> => {
  for (;;) {
    try {
      await work();
      return;
    } catch (error) {
      if (!isUnavailable(error)) throw error;
      logger.info({ error: error instanceof Error ? error.message : '' }, 'waiting for the database');
      await sleep(1000);
    }
  }
};
