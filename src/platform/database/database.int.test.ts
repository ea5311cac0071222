import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createDatabase, type TestDatabase } from '../../../tests/servers.ts';
import { isUnavailable } from '../errors.ts';
import { ProcessLifecycle } from '../lifecycle.ts';
import { openDatabase, type Database } from './database.ts';

/** Real: PostgreSQL. */
let own: TestDatabase;
let database: Database;
const lifecycle = new ProcessLifecycle();

beforeAll(async () => {
  own = await createDatabase();
  database = await openDatabase(own.as('owner'), lifecycle, 'test');
});
afterAll(async () => {
  await lifecycle.stop();
  await own.drop();
});

const failing = (code: string) => ({ text: `do $$ begin raise exception 'no' using errcode = '${code}'; end $$` });

test('a transaction fails for the statement that failed, not for those refused after it', async () => {
  const run = (code: string) =>
    database
      .transaction(async (transaction) => {
        transaction.send(failing(code));
        await transaction.query({ text: 'select 1' });
      })
      .catch((error: unknown) => error);
  // A full disk is waited for; a value that cannot be is not.
  expect(isUnavailable(await run('53100'))).toBe(true);
  expect(await run('23514')).toMatchObject({ code: '23514' });
  expect(await database.transaction((transaction) => transaction.query({ text: 'select 1 as one' }))).toEqual([
    { one: 1 },
  ]);
});
