import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import { createDatabase, type TestDatabase } from '../../../tests/servers.ts';
import { directClient } from './database.ts';
import { migrate } from './migrate.ts';

/** Real: PostgreSQL. Between it and those who are lost is a network of the test, which can fall silent. */
let db: TestDatabase;
let network: Server;
const sockets: Socket[] = [];
const migrations = { schema: 'public', list: [] };
const clients: pg.Client[] = [];
beforeAll(async () => {
  db = await createDatabase(migrations);
  await migrate(db.as('owner'), migrations);
  const { DATABASE_HOST: host, DATABASE_PORT: port } = db.as('game');
  network = createServer((socket) => {
    const onward = connect(port, host);
    for (const each of [socket, onward]) sockets.push(each.on('error', () => undefined));
    socket.pipe(onward).pipe(socket);
  });
  await new Promise<void>((listening) => network.listen(0, '127.0.0.1', listening));
});
afterAll(async () => {
  for (const socket of sockets) socket.destroy();
  network.close();
  await Promise.all(clients.map((client) => client.end().catch(() => undefined)));
  await db.drop();
});

const session = async (port?: number): Promise<pg.Client> => {
  const client = directClient({ ...db.as('game'), ...(port === undefined ? {} : { DATABASE_PORT: port }) }, 'test');
  client.on('error', () => undefined);
  clients.push(client);
  await client.connect();
  return client;
};
const overNetwork = () => {
  const address = network.address();
  if (address === null || typeof address === 'string') throw new Error('no network');
  return session(address.port);
};

test('what a client has locked is free again within seconds after it was lost between two statements', async () => {
  const lost = await overNetwork();
  await lost.query('begin');
  await lost.query('select pg_advisory_xact_lock(1)');
  for (const socket of sockets) socket.unpipe().pause(); // Nobody says that it is over.
  const next = await session();
  const free = async () => {
    const { rows } = await next.query<{ free: boolean }>('select pg_try_advisory_lock(1) as free');
    return rows[0]?.free === true;
  };
  expect(await free()).toBe(false);
  const deadline = Date.now() + 30_000;
  while (!(await free())) {
    if (Date.now() > deadline) throw new Error('it is still locked after 30 s');
    await sleep(200);
  }
});

test('who has given up waits for no lock any more', async () => {
  const [holder, waiter, watcher] = [await session(), await overNetwork(), await session()];
  await holder.query('select pg_advisory_lock(2)');
  const { rows } = await waiter.query<{ pid: number }>('select pg_backend_pid() as pid');
  const waiting = waiter.query('select pg_advisory_lock(2)').catch(() => undefined);
  const there = async () => {
    const { rowCount } = await watcher.query(
      `select from pg_stat_activity where pid = $1 and wait_event_type = 'Lock'`,
      [rows[0]?.pid],
    );
    return rowCount === 1;
  };
  const deadline = Date.now() + 30_000;
  while (!(await there())) await sleep(20);
  for (const socket of sockets) socket.destroy();
  await waiting;
  while (await there()) {
    if (Date.now() > deadline) throw new Error('it still waits after 30 s');
    await sleep(200);
  }
});
