import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { X509Certificate } from 'node:crypto';
import { copyFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { certificates } from '../../../tests/certificates.ts';
import { OwnPostgres, type OwnServer } from '../../../tests/postgres.ts';
import { postgresFolder, withPostgres } from '../../../scripts/lib/postgres.ts';
import type { DatabaseEnv } from '../config.ts';
import { isUnavailable } from '../errors.ts';
import { ProcessLifecycle } from '../lifecycle.ts';
import { metrics } from '../telemetry/metrics.ts';
import { directClient, openDatabase, type Database } from './database.ts';

/** Real: PostgreSQL with TLS, and two CAs. */
let servers: OwnPostgres;
let server: OwnServer;
let database: Database;
let env: DatabaseEnv;
let file: (name: string) => string;
const lifecycle = new ProcessLifecycle();

const validTo = (path: string) => Date.parse(new X509Certificate(readFileSync(path)).validTo) / 1000;

/** The server presents a certificate of this CA from now on, to new connections; those that are open end. */
const present = async (name: string): Promise<void> => {
  const { cert, key } = certificates(postgresFolder(file('tls')), name);
  await withPostgres(server.facts.postgres, 'postgres', async (client) => {
    await client.query(`alter system set ssl_cert_file = '${cert}'`);
    await client.query(`alter system set ssl_key_file = '${key}'`);
    await client.query(`alter system set ssl = on`);
    await client.query('select pg_reload_conf()');
    await client.query(`select pg_terminate_backend(pid) from pg_stat_activity where datname = 'wallet_db'`);
  });
};
const trust = (name: string): void => {
  copyFileSync(file(`tls/${name}-ca.crt`), file('ca.crt'));
};

beforeAll(async () => {
  servers = await OwnPostgres.open();
  file = (name) => join(servers.folder.path, name);
  server = await servers.start({ name: 'primary' });
  await present('first');
  trust('first');
  env = {
    ...servers.env(server, 'wallet', 'wallet'),
    DATABASE_HOST: 'localhost',
    DATABASE_TLS: 'verify-full',
    DATABASE_TLS_CA_FILE: file('ca.crt'),
  };
  database = await openDatabase(env, lifecycle, 'test');
});
afterAll(async () => {
  await lifecycle.stop();
  await servers.stop();
});

const encrypted = () =>
  database.query<{ ssl: boolean }>({ text: 'select ssl from pg_stat_ssl where pid = pg_backend_pid()' });

test('a server is taken for what it says only with a certificate of the CA, and for its name', async () => {
  expect(await encrypted()).toEqual([{ ssl: true }]);
  const ends = ['ca.crt', 'tls/first-server.crt'].map((name) => validTo(file(name)));
  expect((await metrics.certificateExpiry.get()).values).toEqual([
    { labels: { target: 'database' }, value: Math.min(...ends) },
  ]);
  const elsewhere = directClient(
    { ...env, DATABASE_HOST: '127.0.0.1', DATABASE_DIRECT_HOST: 'localhost.localdomain' },
    'test',
  );
  await expect(elsewhere.connect()).rejects.toThrow();
});

test('a CA that is renewed is followed without a restart; until it is known, the database counts as away', async () => {
  await encrypted();
  await present('second');
  const refused = await encrypted().catch((error: unknown) => error);
  expect(isUnavailable(refused)).toBe(true);
  trust('second');
  expect(await encrypted()).toEqual([{ ssl: true }]);
});
