import { execFile } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { chownSync, constants, existsSync, mkdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import { locate, locatePostgres, need, userId } from './locate.ts';
import { ManagedProcess } from './process.ts';
import type { Secrets } from './secrets.ts';
import { roleName, type Values } from './values.ts';

/** One server for all databases of the chart. */
export interface DatabaseServer {
  host: string;
  port: number;
  /** Of the superuser `postgres`. */
  password: string;
}

const settings = (port: number, durable: boolean, more: Record<string, string>): string[] =>
  Object.entries({
    port: String(port),
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    max_connections: '400',
    shared_buffers: '64MB',
    // The many small commits of the game share the syncs of the disk by themselves.
    wal_compression: 'on',
    max_wal_size: '512MB',
    jit: 'off',
    // Without: safe when the server is killed, but not when the machine is.
    fsync: durable ? 'on' : 'off',
    log_checkpoints: 'off',
    ...more,
  }).flatMap(([name, value]) => ['-c', `${name}=${value}`]);

/** PostgreSQL refuses to run as root; then it runs as its own user, or as nobody. */
const otherUser = () =>
  process.getuid?.() === 0 ? need(userId('postgres') ?? userId('nobody'), 'A user to run PostgreSQL as') : undefined;

type User = NonNullable<ReturnType<typeof otherUser>>;

/** Whether everybody may pass through every folder above. */
const reachable = (path: string): boolean =>
  path === dirname(path) || ((statSync(dirname(path)).mode & constants.S_IXOTH) !== 0 && reachable(dirname(path)));

/** The command as another user. In a home that is closed to others, that user is let through, to this command's files alone. */
const asUser = (user: User | undefined, data: string, command: string, args: string[]) => {
  if (user === undefined || reachable(data)) return { command, args, ...(user === undefined ? {} : { user }) };
  const setpriv = need(locate('setpriv'), `A way for PostgreSQL to reach ${data} (setpriv, of util-linux)`);
  const identity = [`--reuid=${user.uid}`, `--regid=${user.gid}`, '--clear-groups'];
  const passage = ['--inh-caps=+dac_override', '--ambient-caps=+dac_override'];
  return { command: setpriv, args: [...identity, ...passage, command, ...args] };
};

/** Makes a folder that PostgreSQL may write to, and nobody else read. */
export const postgresFolder = (path: string): string => {
  mkdirSync(path, { recursive: true, mode: 0o700 });
  give(path);
  return path;
};

const give = (path: string): void => {
  const user = otherUser();
  if (user) chownSync(path, user.uid, user.gid);
};

/** Runs one of PostgreSQL's own programs, which works on the folder. */
const runProgram = async (name: string, folder: string, args: string[], env: NodeJS.ProcessEnv = {}): Promise<void> => {
  const { postgres } = need(locatePostgres(), 'PostgreSQL (initdb, postgres)');
  const run = asUser(otherUser(), folder, join(dirname(postgres), name), args);
  await promisify(execFile)(run.command, run.args, { ...run.user, cwd: '/', env: { ...process.env, ...env } });
};

const initialise = async (data: string, password: string): Promise<void> => {
  const passwordFile = `${data}.password`;
  writeFileSync(passwordFile, password, { mode: 0o600 });
  give(passwordFile);
  try {
    await runProgram('initdb', data, [
      ...['-D', data, '-U', 'postgres', '-A', 'scram-sha-256', `--pwfile=${passwordFile}`],
      ...['-E', 'UTF8', '--locale=C', '--no-sync', '--no-instructions'],
    ]);
  } finally {
    rmSync(passwordFile);
  }
};

/** Copies the data of a running server: what a server can begin with that is then given the changes since. */
export const baseBackup = (
  { host, port, password }: DatabaseServer,
  folder: string,
  ...more: string[]
): Promise<void> => {
  const args = ['-h', host, '-p', String(port), '-U', 'postgres', '-D', postgresFolder(folder)];
  return runProgram('pg_basebackup', folder, [...args, '--checkpoint=fast', '--no-sync', ...more], {
    PGPASSWORD: password,
  });
};

/** What a server begins with that has no data yet, when not with nothing. */
export type Origin =
  | { kind: 'standby'; of: DatabaseServer }
  /** A base backup and the archived changes since, up to an instant. */
  | { kind: 'backup'; backup: string; archive: string; targetTime: string };

const recovery = (origin: Origin | undefined): Record<string, string> =>
  origin?.kind === 'backup'
    ? {
        restore_command: `cp "${origin.archive}/%f" "%p"`,
        // When this is read PostgreSQL knows no name of a time zone, not even Z.
        recovery_target_time: origin.targetTime.replace(/Z$/, '+00'),
        recovery_target_action: 'promote',
      }
    : {};

const begin = async (data: string, password: string, origin: Origin | undefined): Promise<void> => {
  const fresh = `${data}.new`;
  rmSync(fresh, { recursive: true, force: true });
  if (origin?.kind === 'backup') {
    await promisify(execFile)('cp', ['-a', origin.backup, fresh]);
    const signal = join(fresh, 'recovery.signal');
    writeFileSync(signal, '');
    give(signal);
  } else {
    postgresFolder(fresh);
    if (origin === undefined) await initialise(fresh, password);
    else await baseBackup(origin.of, fresh, '--write-recovery-conf');
  }
  renameSync(fresh, data);
};

export interface PostgresOptions {
  password: string;
  durable: boolean;
  /** Of the process and its files; `postgres` when absent. */
  name?: string;
  /** postgresql.conf, beside the usual. */
  settings?: Record<string, string>;
  origin?: Origin;
}

/** A real PostgreSQL. Starts where it stopped when the data folder has been used before. */
export const startPostgres = async (
  folders: { data: string; logs: string; run: string },
  port: number,
  { password, durable, name = 'postgres', settings: more, origin }: PostgresOptions,
) => {
  const { postgres } = need(locatePostgres(), 'PostgreSQL (initdb, postgres)');
  const data = join(folders.data, name);
  mkdirSync(folders.data, { recursive: true });
  if (!existsSync(join(data, 'PG_VERSION'))) await begin(data, password, origin);
  // A server that was killed leaves it, and a process of another program may have its pid by now; our own pid file knows.
  rmSync(join(data, 'postmaster.pid'), { force: true });
  const process = new ManagedProcess({
    name,
    ...asUser(otherUser(), data, postgres, ['-D', data, ...settings(port, durable, { ...recovery(origin), ...more })]),
    cwd: '/',
    logFile: join(folders.logs, `${name}.log`),
    pidFile: join(folders.run, `${name}.pid`),
    ready: () =>
      withPostgres({ host: '127.0.0.1', port, password }, 'postgres', async (client) => {
        const { rows } = await client.query<{ reads: boolean }>('select pg_is_in_recovery() as reads');
        return origin?.kind === 'standby' || rows[0]?.reads === false;
      }),
    readyWithinMs: 60_000,
    // Fast: ends sessions and checkpoints.
    stopSignal: 'SIGINT',
    stopWithinMs: 20_000,
  });
  await process.start();
  return process;
};

/** A connection of the superuser to one database, for the length of the work. */
export const withPostgres = async <T>(
  { host, port, password }: DatabaseServer,
  database: string,
  work: (client: pg.Client) => Promise<T>,
): Promise<T> => {
  const client = new pg.Client({ host, port, database, user: 'postgres', password, connectionTimeoutMillis: 5000 });
  client.on('error', () => undefined); // The work's own queries say it.
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
};

/** The password of a database role: the same at every start, from the secret of the data folder. */
export const rolePassword = ({ rolePassword: said, rolePasswordSeed }: Secrets, role: string): string =>
  said ?? createHmac('sha256', rolePasswordSeed).update(role).digest('base64url');

/** Creates the databases and roles of the values that are missing, and says the passwords again. */
export const applyDatabases = (
  server: DatabaseServer,
  databases: Values['databases'],
  secrets: Secrets,
): Promise<void> =>
  withPostgres(server, 'postgres', async (client) => {
    const names = async (query: string) =>
      new Set((await client.query<{ name: string }>(query)).rows.map(({ name }) => name));
    const roles = await names('select rolname as name from pg_roles');
    const existing = await names('select datname as name from pg_database');
    for (const [key, database] of Object.entries(databases)) {
      const wanted = Object.keys(database.roles).map((role) => roleName(key, role));
      for (const role of wanted) {
        const verb = roles.has(role) ? 'alter' : 'create';
        roles.add(role);
        await client.query(`${verb} role "${role}" login password '${rolePassword(secrets, role)}'`);
      }
      if (!existing.has(database.name)) {
        await client.query(`create database "${database.name}" owner "${roleName(key, 'owner')}"`);
        await client.query(`revoke all on database "${database.name}" from public`);
      }
      const guests = wanted.map((role) => `"${role}"`).join(', ');
      await client.query(`grant connect on database "${database.name}" to ${guests}`);
    }
  });
