import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { join } from 'node:path';
import { withPostgres } from '../../../scripts/lib/postgres.ts';
import { ownFolder, type OwnFolder } from '../../../tests/folder.ts';
import { SecretFile, Use } from '../../../tests/secret-file.ts';
import { createDatabase, servers, unique, type TestDatabase } from '../../../tests/servers.ts';
import { databaseEnv, readConfig, type DatabaseEnv } from '../config.ts';
import { ProcessLifecycle } from '../lifecycle.ts';
import { directClient, openDatabase } from './database.ts';
import { migrate } from './migrate.ts';

/** Real: PostgreSQL, and a role of its own whose password is changed. */
let folder: OwnFolder;
let own: TestDatabase;
const role = unique('rotated');

const alter = (what: string) =>
  withPostgres(servers().postgres, 'postgres', async (client) => {
    await client.query(what);
  });
const setPassword = (password: string) => alter(`alter role "${role}" password '${password}'`);
const signingInBy = (file: SecretFile): DatabaseEnv => {
  const { DATABASE_HOST, DATABASE_PORT } = own.as('owner');
  return readConfig(databaseEnv, {
    DATABASE_HOST,
    DATABASE_PORT: String(DATABASE_PORT),
    DATABASE_NAME: own.name,
    DATABASE_USER: role,
    DATABASE_PASSWORD_FILE: file.path,
  });
};

beforeAll(async () => {
  folder = await ownFolder('sign-in');
  own = await createDatabase();
  await alter(`create role "${role}" login password 'first'`);
});
afterAll(async () => {
  await own.drop();
  await alter(`drop role "${role}"`);
  folder.remove();
});

test.each(['the pods first', 'the server first'])('a password is changed under use: %s', async (order) => {
  await setPassword('first');
  const file = new SecretFile(join(folder.path, unique('password')), 'first');
  const lifecycle = new ProcessLifecycle();
  // Each use of a connection is its only one, so that all sign in anew.
  const database = await openDatabase(signingInBy(file), lifecycle, 'test', { driverOptions: { maxUses: 1 } });
  const use = new Use(4, () =>
    Promise.all([
      database.query({ text: 'select 1' }),
      database.transaction((transaction) => transaction.query({ text: 'select 1' })),
      database.orm.em.getConnection().execute('select 1'),
    ]),
  );
  file.write('first', 'second');
  await use.goesOn();
  const steps = [
    async () => {
      file.write('second', 'first');
      await use.goesOn();
    },
    async () => {
      await setPassword('second');
      await use.goesOn();
    },
  ];
  for (const step of order === 'the pods first' ? steps : steps.toReversed()) await step();
  file.write('second');
  await use.goesOn();
  await use.stop();
  await lifecycle.stop();
  expect(use.failed).toEqual([]);
});

test('a password that is good nowhere is refused', async () => {
  const env = signingInBy(new SecretFile(join(folder.path, unique('password')), 'wrong'));
  const lifecycle = new ProcessLifecycle();
  const database = await openDatabase(env, lifecycle, 'test');
  await expect(database.query({ text: 'select 1' })).rejects.toMatchObject({ code: '28P01' });
  await lifecycle.stop();
});

test('who connects by itself, and migrations, have the other password at the next try', async () => {
  await setPassword('first');
  const env = signingInBy(new SecretFile(join(folder.path, unique('password')), 'second'));
  const other = new SecretFile(join(folder.path, unique('password')), 'second');
  other.write('second', 'first');
  await expect(directClient(env, 'test').connect()).rejects.toMatchObject({ code: '28P01' });
  const both = signingInBy(other);
  await expect(directClient(both, 'test').connect()).rejects.toMatchObject({ code: '28P01' });
  const client = directClient(both, 'test');
  await client.connect();
  await client.end();
  await alter(`grant create on database "${own.name}" to "${role}"`);
  other.write('third', 'first');
  await migrate(signingInBy(other), { schema: 'rotated', list: [] });
});
