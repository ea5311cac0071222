import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { until } from '../../tests/records.ts';
import { createDatabase, type TestDatabase } from '../../tests/servers.ts';
import { openDatabase, type Database } from '../platform/database/database.ts';
import { awaitMigrations, migrate, type Migrations } from '../platform/database/migrate.ts';
import type { OutgoingRecord } from '../platform/kafka/producer.ts';
import { ProcessLifecycle } from '../platform/lifecycle.ts';
import { insertOutbox } from '../platform/outbox/outbox.ts';
import { startRelay } from '../platform/outbox/relay.ts';
import { migrations } from './migrations/index.ts';

/** Real: PostgreSQL. Kafka is a written double that notes what it is sent. */
const before: Migrations = {
  schema: migrations.schema,
  list: migrations.list.filter(({ name }) => !name.endsWith('lives')),
};
let own: TestDatabase;
let owner: Database;
let running: ProcessLifecycle;

const open = async (...wanted: Migrations[]): Promise<void> => {
  own = await createDatabase(...wanted);
  owner = await openDatabase(own.as('owner'), running, 'test');
};
beforeEach(() => {
  running = new ProcessLifecycle();
});
afterEach(async () => {
  await running.stop();
  await own.drop();
});

const enter = (life: number) => migrate({ ...own.as('owner'), DATABASE_LIFE: life }, migrations);
const append = async (...values: number[]): Promise<void> => {
  const rows = values.map((value) => ({ topic: 't', key: 'k', value: String(value), headers: {} }));
  await owner.transaction((transaction) => transaction.query({ text: insertOutbox(1) }, [JSON.stringify(rows)]));
};
const count = async (where: string): Promise<number> => {
  const [row] = await owner.query<{ n: number }>({ text: `select count(*)::int as n from ${where}` });
  return row?.n ?? -1;
};
/** Runs a relay until nothing is left to publish; answers with what it sent. */
const publish = async (): Promise<number[]> => {
  const sent: number[] = [];
  const relaying = new ProcessLifecycle();
  const send = (records: OutgoingRecord[]) => {
    sent.push(...records.map(({ value }) => Number(value)));
    return Promise.resolve();
  };
  startRelay(own.as('combat'), await openDatabase(own.as('combat'), relaying, 'combat'), { send }, 'combat', relaying);
  await until('all is published', async () => (await count('outbox where published_at is null')) === 0);
  await relaying.stop();
  return sent;
};

test('a new life publishes again, in order, what the outbox keeps and what was not published yet; once', async () => {
  await open(migrations);
  await append(1, 2, 3);
  expect(await publish()).toEqual([1, 2, 3]);
  await append(4);
  await enter(1);
  expect(await count('outbox where published_at is null')).toBe(1);
  // Several at once, as a Job that is tried again while its first pod still runs.
  await Promise.all([enter(2), enter(2)]);
  expect(await publish()).toEqual([1, 2, 3, 4]);
  await enter(2);
  expect(await count('outbox where published_at is null')).toBe(0);
  await enter(5);
  expect(await publish()).toEqual([1, 2, 3, 4]);
  expect(await owner.query({ text: 'select number, told_again::int as again from lives order by number' })).toEqual([
    { number: 1, again: 0 },
    { number: 2, again: 3 },
    { number: 5, again: 4 },
  ]);
});

test('a life that is over is not entered again: the error says which number it is', async () => {
  await open(migrations);
  await enter(3);
  await expect(enter(2)).rejects.toThrow('in its life 3, and was to be in life 2: set databases.life to 3');
  expect(await count('lives')).toBe(2);
});

test('an upgrade from before there were lives publishes nothing again, and a restore to before does', async () => {
  await open(before);
  await append(1, 2);
  await owner.query({ text: 'update outbox set published_at = now()' });
  await enter(1);
  expect(await count('outbox where published_at is null')).toBe(0);
  // As the database comes back that was backed up before the upgrade.
  await owner.query({ text: 'drop table lives' });
  await owner.query({ text: `delete from migrations where name like '%lives'` });
  await enter(2);
  expect(await publish()).toEqual([1, 2]);
});

test('whoever waits for the migrations waits until the new life has begun', async () => {
  await open(migrations);
  let waiting = true;
  const env = { ...own.as('combat'), DATABASE_LIFE: 2 };
  const waits = awaitMigrations(env, migrations).then(() => (waiting = false));
  await sleep(300);
  expect(waiting).toBe(true);
  await enter(2);
  await waits;
  // And a pod of the life before, that comes once more while it is replaced, does not.
  await awaitMigrations({ ...env, DATABASE_LIFE: 1 }, migrations);
});

test('a quiet database goes on committing, so that its archive reaches any instant of the others', async () => {
  await open(migrations);
  const committed = async () => {
    const [row] = await owner.query<{ next: number }>({
      text: 'select pg_snapshot_xmax(pg_current_snapshot())::text::int as next',
    });
    return row?.next ?? 0;
  };
  const relaying = new ProcessLifecycle();
  const combat = await openDatabase(own.as('combat'), relaying, 'combat');
  startRelay(own.as('combat'), combat, { send: () => Promise.resolve() }, 'combat', relaying);
  const begun = await committed();
  await until('something is committed', async () => (await committed()) > begun);
  await relaying.stop();
});
