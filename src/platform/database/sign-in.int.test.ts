import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server } from 'node:net';
import { join } from 'node:path';
import { withPostgres } from '../../../scripts/lib/postgres.ts';
import { ownFolder, type OwnFolder } from '../../../tests/folder.ts';
import { changePassword, orders, SecretFile, Use } from '../../../tests/secret-file.ts';
import { createDatabase, servers, unique, type TestDatabase } from '../../../tests/servers.ts';
import { databaseEnv, readConfig, type DatabaseEnv } from '../config.ts';
import { ProcessLifecycle } from '../lifecycle.ts';
import { directClient, openDatabase } from './database.ts';
import { migrate } from './migrate.ts';

/** Real: PostgreSQL, and a role of its own whose password is changed. Of PgBouncer there are the words in which it refuses. */
let folder: OwnFolder;
let own: TestDatabase;
let pooler: Server;
const role = unique('rotated');

const alter = (what: string) =>
  withPostgres(servers().postgres, 'postgres', async (client) => {
    await client.query(what);
  });
const setPassword = (password: string) => alter(`alter role "${role}" password '${password}'`);
const signingInBy = (file: SecretFile, at?: Server): DatabaseEnv => {
  const { DATABASE_HOST, DATABASE_PORT } = own.as('owner');
  return readConfig(databaseEnv, {
    DATABASE_HOST,
    DATABASE_PORT: String(at === undefined ? DATABASE_PORT : (at.address() as AddressInfo).port),
    DATABASE_NAME: own.name,
    DATABASE_USER: role,
    DATABASE_PASSWORD_FILE: file.path,
  });
};

/** What PgBouncer says to a password that auth_query does not confirm. */
const refusal = Buffer.from('E\0\0\0\0SFATAL\0C08P01\0MSASL authentication failed\0\0');
refusal.writeInt32BE(refusal.length - 1, 1);

/** Passes all on to PostgreSQL, and tells its errors in PgBouncer's words. */
const poolerTo = async ({ DATABASE_HOST, DATABASE_PORT }: DatabaseEnv): Promise<Server> => {
  const server = createServer((client) => {
    const postgres = connect(DATABASE_PORT, DATABASE_HOST);
    client.pipe(postgres);
    postgres.on('data', (data) => client.write(data.toString('latin1', 0, 1) === 'E' ? refusal : data));
    postgres.on('close', () => client.end());
    for (const socket of [client, postgres]) socket.on('error', () => postgres.destroy());
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
};

beforeAll(async () => {
  folder = await ownFolder('sign-in');
  own = await createDatabase();
  await alter(`create role "${role}" login password 'first'`);
  pooler = await poolerTo(own.as('owner'));
});
afterAll(async () => {
  pooler.close();
  await own.drop();
  await alter(`drop role "${role}"`);
  folder.remove();
});

test.each(orders.flatMap((order) => [[order, 'at PostgreSQL'] as const, [order, 'at a pooler'] as const]))(
  'a password is changed under use: %s, %s',
  async (order, where) => {
    await setPassword('first');
    const file = new SecretFile(join(folder.path, unique('password')), 'first');
    const lifecycle = new ProcessLifecycle();
    const env = signingInBy(file, where === 'at a pooler' ? pooler : undefined);
    // Each use of a connection is its only one, so that all sign in anew.
    const database = await openDatabase(env, lifecycle, 'test', { driverOptions: { maxUses: 1 } });
    const use = new Use(4, () =>
      Promise.all([
        database.query({ text: 'select 1' }),
        database.transaction((transaction) => transaction.query({ text: 'select 1' })),
        database.orm.em.getConnection().execute('select 1'),
      ]),
    );
    await changePassword(order, file, setPassword, use);
    await lifecycle.stop();
    expect(use.failed).toEqual([]);
  },
);

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
