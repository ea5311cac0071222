import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createDatabase, type TestDatabase } from '../../../tests/servers.ts';
import { openDatabase, type Database } from '../../platform/database/database.ts';
import { ProcessLifecycle } from '../../platform/lifecycle.ts';
import { Accounts } from './accounts.ts';
import { Account, Session } from './entities.ts';
import { migrations } from './migrations/index.ts';
import { Passwords } from './passwords.ts';

// Real: PostgreSQL, as the role that the gateway has in production; argon2.
let testDatabase: TestDatabase;
let database: Database;
let accounts: Accounts;
const lifecycle = new ProcessLifecycle();
const password = 'correct horse';
let names = 0;
const freshName = () => `Player_${++names}`;
const code = (code: string) => expect.objectContaining({ code });

beforeAll(async () => {
  testDatabase = await createDatabase(migrations);
  database = await openDatabase(testDatabase.as('gateway'), lifecycle, 'test', { entities: [Account, Session] });
  accounts = new Accounts(database.orm.em, await Passwords.open({ concurrency: 2, queue: 100 }), 30);
});
afterAll(async () => {
  await lifecycle.stop();
  await testDatabase.drop();
});

const sessions = async () => (await database.query({ text: 'select id from identity.sessions' })).length;

test('who registers can sign in, whatever the case of the name, and keeps the spelling of it', async () => {
  const username = freshName();
  const registered = await accounts.register({ username, password }, null);
  expect(registered).toMatchObject({ username, guest: false });
  const signedIn = await accounts.login({ username: username.toUpperCase(), password });
  expect(signedIn).toMatchObject({ playerId: registered.playerId, username, guest: false });
  expect(signedIn.refreshToken).not.toBe(registered.refreshToken);
});

test('a wrong password and a name that nobody has are refused with the same words, and take as long', async () => {
  const username = freshName();
  await accounts.register({ username, password }, null);
  const timed = async (name: string) => {
    const begun = performance.now();
    const error: unknown = await accounts
      .login({ username: name, password: 'something else' })
      .catch((e: unknown) => e);
    return { error: String(error), ms: performance.now() - begun };
  };
  const fastest = { wrong: Infinity, unknown: Infinity };
  for (let round = 0; round < 5; round++) {
    const [wrong, unknown] = [await timed(username), await timed(freshName())];
    expect(wrong.error).toBe('ApiError: Wrong username or password.');
    expect(unknown.error).toBe(wrong.error);
    fastest.wrong = Math.min(fastest.wrong, wrong.ms);
    fastest.unknown = Math.min(fastest.unknown, unknown.ms);
  }
  expect(fastest.unknown).toBeGreaterThan(fastest.wrong / 3);
});

test('a guest cannot be signed in to', async () => {
  const { username } = await accounts.guest();
  await expect(accounts.login({ username, password })).rejects.toEqual(code('UNAUTHORIZED'));
});

test('a name is taken whatever its case, by a guest too', async () => {
  const username = freshName();
  await accounts.register({ username, password }, null);
  await expect(accounts.register({ username: username.toLowerCase(), password }, null)).rejects.toEqual(
    code('USERNAME_TAKEN'),
  );
  const guest = await accounts.guest();
  await expect(accounts.register({ username: guest.username.toUpperCase(), password }, null)).rejects.toEqual(
    code('USERNAME_TAKEN'),
  );
});

test('of ten who register the same name at once one gets it', async () => {
  const username = freshName();
  const tries = await Promise.allSettled(
    Array.from({ length: 10 }, () => accounts.register({ username, password }, null)),
  );
  expect(tries.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  for (const each of tries) if (each.status === 'rejected') expect(each.reason).toEqual(code('USERNAME_TAKEN'));
});

test('fifty guests at once have fifty names', async () => {
  const guests = await Promise.all(Array.from({ length: 50 }, () => accounts.guest()));
  expect(new Set(guests.map(({ username }) => username.toLowerCase())).size).toBe(50);
  expect(guests.every(({ guest, username }) => guest && /^[A-Z][a-z]+[A-Z][a-z]+\d{3}$/.test(username))).toBe(true);
});

test('a guest who registers keeps its player, and its session as a guest ends', async () => {
  const guest = await accounts.guest();
  const username = freshName();
  const registered = await accounts.register({ username, password }, guest.playerId);
  expect(registered).toMatchObject({ playerId: guest.playerId, username, guest: false });
  await expect(accounts.refresh(guest.refreshToken)).rejects.toEqual(code('UNAUTHORIZED'));
  expect(await accounts.login({ username, password })).toMatchObject({ playerId: guest.playerId });
});

test('a guest may register under the name it was given', async () => {
  const guest = await accounts.guest();
  const registered = await accounts.register({ username: guest.username, password }, guest.playerId);
  expect(registered).toMatchObject({ playerId: guest.playerId, username: guest.username });
});

test('a guest who finds the name taken stays the guest it was', async () => {
  const username = freshName();
  await accounts.register({ username, password }, null);
  const guest = await accounts.guest();
  await expect(accounts.register({ username, password }, guest.playerId)).rejects.toEqual(code('USERNAME_TAKEN'));
  expect(await accounts.refresh(guest.refreshToken)).toMatchObject({ playerId: guest.playerId, guest: true });
});

test('a guest who registers twice at once becomes one account', async () => {
  const guest = await accounts.guest();
  const tries = await Promise.allSettled(
    [freshName(), freshName()].map((username) => accounts.register({ username, password }, guest.playerId)),
  );
  expect(tries.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
});

test('who has an account and registers again gets another player', async () => {
  const first = await accounts.register({ username: freshName(), password }, null);
  const second = await accounts.register({ username: freshName(), password }, first.playerId);
  expect(second.playerId).not.toBe(first.playerId);
});

test('a refresh token is good for one refresh, and the next token for the next', async () => {
  const first = await accounts.guest();
  const second = await accounts.refresh(first.refreshToken);
  const third = await accounts.refresh(second.refreshToken);
  expect(third).toMatchObject({ playerId: first.playerId, username: first.username, guest: true });
  expect(new Set([first, second, third].map(({ refreshToken }) => refreshToken)).size).toBe(3);
});

test('using a spent refresh token ends its whole family, and no other session of the player', async () => {
  const username = freshName();
  const first = await accounts.register({ username, password }, null);
  const elsewhere = await accounts.login({ username, password });
  const second = await accounts.refresh(first.refreshToken);
  const third = await accounts.refresh(second.refreshToken);
  await expect(accounts.refresh(first.refreshToken)).rejects.toEqual(code('UNAUTHORIZED'));
  await expect(accounts.refresh(third.refreshToken)).rejects.toEqual(code('UNAUTHORIZED'));
  await accounts.refresh(elsewhere.refreshToken);
});

test('of concurrent uses of one refresh token at most one wins, and the family ends', async () => {
  for (let round = 0; round < 10; round++) {
    const { refreshToken } = await accounts.guest();
    const tries = await Promise.allSettled(Array.from({ length: 4 }, () => accounts.refresh(refreshToken)));
    const won = tries.filter((each) => each.status === 'fulfilled');
    expect(won).toHaveLength(1);
    for (const each of tries) if (each.status === 'rejected') expect(each.reason).toEqual(code('UNAUTHORIZED'));
    await expect(accounts.refresh(won[0]?.value.refreshToken ?? '')).rejects.toEqual(code('UNAUTHORIZED'));
  }
});

test('a refresh token that was never one is refused and ends nothing', async () => {
  const { refreshToken } = await accounts.guest();
  const before = await sessions();
  for (const wrong of ['x', '', refreshToken.slice(1), `${refreshToken}A`, 'A'.repeat(64), "' or 1=1 --"]) {
    await expect(accounts.refresh(wrong)).rejects.toEqual(code('UNAUTHORIZED'));
    await accounts.logout(wrong);
  }
  expect(await sessions()).toBe(before);
});

test('an expired session cannot be refreshed, and is removed', async () => {
  const { refreshToken } = await accounts.guest();
  await database.query({ text: "update identity.sessions set expires_at = now() - interval '1 second'" });
  await expect(accounts.refresh(refreshToken)).rejects.toEqual(code('UNAUTHORIZED'));
  await accounts.guest();
  await accounts.removeExpiredSessions();
  expect(await sessions()).toBe(1);
});

test('after a logout the refresh token is worth nothing; logging out again is no error', async () => {
  const { refreshToken } = await accounts.guest();
  await accounts.logout(refreshToken);
  await expect(accounts.refresh(refreshToken)).rejects.toEqual(code('UNAUTHORIZED'));
  await accounts.logout(refreshToken);
});

test('the database holds neither a password nor a refresh token', async () => {
  const { refreshToken } = await accounts.register({ username: freshName(), password }, null);
  const dump = JSON.stringify([
    await database.query({ text: 'select * from identity.accounts' }),
    await database.query({ text: "select id, encode(token_hash, 'base64') as hash from identity.sessions" }),
  ]);
  expect(dump).toContain('$argon2id$v=19$m=19456,t=2,p=1$');
  expect(dump).not.toContain(password);
  const secret = Buffer.from(refreshToken, 'base64url').subarray(16);
  expect(dump).not.toContain(secret.toString('base64'));
});
