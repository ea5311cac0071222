import { readFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import { MikroORM, type Options } from '@mikro-orm/postgresql';
import pg, { type Pool, type PoolClient } from 'pg';
import type { DatabaseEnv } from '../config.ts';
import type { Lifecycle } from '../lifecycle.ts';
import { watchedIdentity } from '../telemetry/certificates.ts';
import { clientOf, signInWith } from './sign-in.ts';
import { Standby } from './standby.ts';

/** A statement with a name is prepared once on each connection. Values are always parameters. */
export interface Statement {
  name?: string;
  text: string;
}

/** Runs statements: on any connection of the pool, or all on that of a transaction. */
export interface Queryable {
  query<Row extends object>(statement: Statement, values?: unknown[]): Promise<Row[]>;
}

/**
 * Statements of a transaction run in the order of the calls, and several may be on their way at once: what is asked
 * before the first answer is awaited costs one round trip.
 */
export interface Transaction extends Queryable {
  /** A statement whose answer nobody needs: it goes along with the commit, and when it fails so does the transaction. */
  send(statement: Statement, values?: unknown[]): void;
  /** For the moment when the effects are durable. */
  afterCommit(work: () => void): void;
}

export interface Database extends Queryable {
  /** Entities and migrations. */
  readonly orm: MikroORM;
  /** All or nothing. The work runs once; who calls decides about another try. */
  transaction<T>(work: (transaction: Transaction) => Promise<T>): Promise<T>;
  /** Work that only reads, and may be repeated: on a standby where there is one, and as fresh as on the primary. */
  read<T>(work: (on: Queryable) => Promise<T>): Promise<T>;
}

/** How long one statement may take; a slow database must not drag the service along. */
const statementTimeoutMs = 5000;

const tls = (env: DatabaseEnv) =>
  env.DATABASE_TLS === 'disable'
    ? false
    : {
        rejectUnauthorized: env.DATABASE_TLS === 'verify-full',
        checkServerIdentity: watchedIdentity('database'),
        ...(env.DATABASE_TLS_CA_FILE === undefined ? {} : { ca: readFileSync(env.DATABASE_TLS_CA_FILE, 'utf8') }),
      };

const connectionTo = (env: DatabaseEnv, host: string, port: number) => ({
  host,
  port,
  database: env.DATABASE_NAME,
  user: env.DATABASE_USER,
  password: env.DATABASE_PASSWORD?.offer,
  ssl: tls(env),
  keepAlive: true,
});

/** A connection of one's own to the primary itself, for advisory locks and LISTEN. */
export const directClient = (env: DatabaseEnv, purpose: string): pg.Client => {
  const Client = env.DATABASE_PASSWORD === undefined ? pg.Client : clientOf(env.DATABASE_PASSWORD);
  return new Client({
    ...connectionTo(env, env.DATABASE_DIRECT_HOST ?? env.DATABASE_HOST, env.DATABASE_DIRECT_PORT ?? env.DATABASE_PORT),
    application_name: purpose,
    connectionTimeoutMillis: 3000,
    query_timeout: statementTimeoutMs,
  });
};

/** `timeoutMs` is for one statement; 0 is for ever. */
export const ormOptions = (
  env: DatabaseEnv,
  purpose: string,
  overrides: Options = {},
  timeoutMs = statementTimeoutMs,
): Options => ({
  host: env.DATABASE_HOST,
  port: env.DATABASE_PORT,
  dbName: env.DATABASE_NAME,
  user: env.DATABASE_USER,
  ...(env.DATABASE_PASSWORD === undefined ? {} : { password: env.DATABASE_PASSWORD.offer }),
  entities: [],
  discovery: { warnWhenNoEntities: false },
  // It would ask whether the database is there, and end the process when nobody answers yet.
  // And the password can be followed before anybody signs in.
  ensureDatabase: false,
  pool: { min: 0, max: env.DATABASE_POOL_MAX, idleTimeoutMillis: 30_000 },
  driverOptions: {
    ssl: tls(env),
    application_name: purpose,
    keepAlive: true,
    connectionTimeoutMillis: 3000,
    query_timeout: timeoutMs,
    pipeline: true,
  },
  ...overrides,
});

/** A CA is renewed and a password changed while the process lives: each new connection has them as they are by then. */
const followSecrets = (pool: Pool, env: DatabaseEnv): Pool => {
  Object.defineProperty(pool.options, 'ssl', { get: () => tls(env) });
  if (env.DATABASE_PASSWORD !== undefined) signInWith(pool, env.DATABASE_PASSWORD);
  return pool;
};

/** MikroORM, and the pool under it. Connects when first used. */
export const openOrm = async (env: DatabaseEnv, options: Options): Promise<{ orm: MikroORM; pool: Pool }> => {
  const orm = await MikroORM.init(options);
  return { orm, pool: followSecrets(await orm.em.getDriver().getConnection().getNativeClient(), env) };
};

/** Connections to standbys; a short life each, so that they follow who is one. */
const readingPool = (env: DatabaseEnv, host: string, purpose: string): Pool =>
  followSecrets(
    new pg.Pool({
      ...connectionTo(env, host, env.DATABASE_READ_PORT ?? env.DATABASE_PORT),
      application_name: `${purpose} reads`,
      max: env.DATABASE_POOL_MAX,
      idleTimeoutMillis: 30_000,
      maxLifetimeSeconds: 60,
      connectionTimeoutMillis: 1000,
      query_timeout: statementTimeoutMs,
      pipeline: true,
    }),
    env,
  );

/** The service's database: a pool, and MikroORM over the same pool. Connects when first used. */
export const openDatabase = async (
  env: DatabaseEnv,
  lifecycle: Lifecycle,
  purpose: string,
  overrides: Options = {},
): Promise<Database> => {
  const { orm, pool } = await openOrm(env, ormOptions(env, purpose, overrides));
  lifecycle.onStop('database', () => orm.close(true));
  lifecycle.readyWhen('database', async () => (await pool.query('select 1')).rowCount === 1);
  const on = (connection: Pool | PoolClient): Queryable => ({
    query: (statement, values) => run(connection, statement, values),
  });
  const primary = on(pool);
  const position = async () => {
    const text = 'select pg_current_wal_flush_lsn()::text as position';
    const [row] = await primary.query<{ position: string }>({ name: 'database-position', text });
    return row?.position ?? '';
  };
  const { DATABASE_READ_HOST: host } = env;
  const standby =
    host === undefined ? null : new Standby(purpose, readingPool(env, host, purpose), position, lifecycle);
  return {
    orm,
    query: (statement, values) => primary.query(statement, values),
    transaction: (work) => transact(pool, work),
    read: (work) =>
      standby
        ? standby.read(
            (client) => work(on(client)),
            () => work(primary),
          )
        : work(primary),
  };
};

const run = async <Row extends object>(on: Pool | PoolClient, statement: Statement, values: unknown[] = []) =>
  // The types of `pg` itself: MikroORM's pool leaves dates as text, for its entities to read.
  (await on.query<Row>({ ...statement, values, types: pg.types })).rows;

const transact = async <T>(pool: Pool, work: (transaction: Transaction) => Promise<T>): Promise<T> => {
  const client = await pool.connect();
  const durable: (() => void)[] = [];
  const sent: Promise<unknown>[] = [];
  let cause: unknown;
  const ask = <Row extends object>(statement: Statement, values?: unknown[]) => {
    inOnePiece(client);
    const answer = run<Row>(client, statement, values);
    answer.catch((error: unknown) => (cause ??= error));
    return answer;
  };
  const send = (statement: Statement, values?: unknown[]) => {
    const answer = ask(statement, values);
    answer.catch(() => undefined); // Told at the commit.
    sent.push(answer);
  };
  try {
    send({ text: 'begin' });
    const result = await work({ query: ask, send, afterCommit: (later) => durable.push(later) });
    // A transaction in which a statement has failed answers a commit with a rollback: the failure is in `sent`.
    send({ text: 'commit' });
    await Promise.all(sent);
    client.release();
    for (const later of durable) later();
    return result;
  } catch (error) {
    // A connection that can't roll back is not given to anybody else.
    await client.query('rollback').then(
      () => {
        client.release();
      },
      () => {
        client.release(true);
      },
    );
    // What follows a failed statement is refused for that alone: the one that failed says why.
    throw isCode(error, '25P02') ? cause : error;
  }
};

const isCode = (error: unknown, code: string): boolean =>
  error instanceof Error && 'code' in error && error.code === code;

/** What is sent in one turn of the loop goes to the server in one write. */
const inOnePiece = (client: PoolClient): void => {
  const { stream } = (client as PoolClient & { connection: { stream: Socket } }).connection;
  if (stream.writableCorked > 0) return;
  stream.cork();
  process.nextTick(() => {
    stream.uncork();
  });
};
