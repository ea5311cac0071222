import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { OwnPostgres, type OwnServer } from '../../../tests/postgres.ts';
import { withPostgres } from '../../../scripts/lib/postgres.ts';
import { ProcessLifecycle } from '../lifecycle.ts';
import { metrics } from '../telemetry/metrics.ts';
import { openDatabase, type Database } from './database.ts';

/** Real: a PostgreSQL server and a standby of it. */
let servers: OwnPostgres;
let primary: OwnServer;
let standby: OwnServer;
let database: Database;
const lifecycle = new ProcessLifecycle();

beforeAll(async () => {
  servers = await OwnPostgres.open();
  primary = await servers.start({ name: 'primary' });
  standby = await servers.start({ name: 'standby', origin: { kind: 'standby', of: primary.facts.postgres } });
  const env = {
    ...servers.env(primary, 'wallet', 'owner'),
    DATABASE_READ_HOST: standby.facts.postgres.host,
    DATABASE_READ_PORT: standby.facts.postgres.port,
  };
  database = await openDatabase(env, lifecycle, 'test');
  await database.query({ text: 'create table notes (id uuid primary key)' });
});
afterAll(async () => {
  await lifecycle.stop();
  await servers.stop();
});

const write = async (): Promise<string> => {
  const id = randomUUID();
  await database.query({ name: 'write', text: 'insert into notes values ($1)' }, [id]);
  return id;
};
/** Whether it is there, and where that was looked for. */
const look = (id: string) =>
  database.read(async (on) => {
    const [[found], [server]] = await Promise.all([
      on.query<{ there: boolean }>({ name: 'look', text: 'select exists (select from notes where id = $1) as there' }, [
        id,
      ]),
      on.query<{ standby: boolean }>({ name: 'where', text: 'select pg_is_in_recovery() as standby' }),
    ]);
    return { there: found?.there, standby: server?.standby };
  });
const until = async (holds: () => Promise<boolean>) => {
  for (const deadline = Date.now() + 20_000; !(await holds());) {
    if (Date.now() > deadline) throw new Error('never');
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
};
/** By the standby's superuser, who says whether it takes up changes. */
const replay = (what: 'pause' | 'resume') =>
  withPostgres(standby.facts.postgres, 'postgres', (client) => client.query(`select pg_wal_replay_${what}()`));

test('what was just written is read on the standby, every time', async () => {
  const seen = [];
  for (let count = 0; count < 100; count++) seen.push(await look(await write()));
  expect(seen.filter(({ there }) => there !== true)).toEqual([]);
  // On a slow machine some are not waited for.
  expect(seen).toContainEqual({ there: true, standby: true });
});

test('a standby that stays behind is not waited for: the primary answers, until it has caught up', async () => {
  await replay('pause');
  const id = await write();
  expect(await look(id)).toEqual({ there: true, standby: false });
  await replay('resume');
  await until(async () => (await look(id)).standby === true);
});

test('reading goes on when the standby dies, and goes back to it when it lives again', async () => {
  await standby.process.kill('SIGKILL');
  for (let count = 0; count < 20; count++) expect(await look(await write())).toEqual({ there: true, standby: false });
  await standby.process.start();
  await until(async () => (await look(await write())).standby === true);
});

test('what the work itself does wrong is not tried on the primary', async () => {
  const answeredBy = async (server: string) =>
    (await metrics.databaseReads.get()).values.find(({ labels }) => labels.server === server)?.value;
  await until(async () => (await look(await write())).standby === true);
  const before = await answeredBy('primary');
  await expect(database.read((on) => on.query({ text: 'select nothing' }))).rejects.toThrow('"nothing" does not exist');
  expect(await answeredBy('primary')).toBe(before);
});
