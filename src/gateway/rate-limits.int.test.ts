import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { foldersOf } from '../../scripts/lib/servers.ts';
import { freePort } from '../../scripts/lib/ports.ts';
import type { ManagedProcess } from '../../scripts/lib/process.ts';
import { startRedis } from '../../scripts/lib/redis.ts';
import { ownFolder, type OwnFolder } from '../../tests/folder.ts';
import { createDatabase, type TestDatabase } from '../../tests/servers.ts';
import { openDatabase, type Database } from '../platform/database/database.ts';
import { ProcessLifecycle } from '../platform/lifecycle.ts';
import { migrations } from './identity/migrations/index.ts';
import { Replica, startGateway, type Gateway } from './test-gateway.ts';

// Real: two gateways as processes, PostgreSQL, and a Redis that is stopped and frozen.
let folder: OwnFolder;
let database: TestDatabase;
let redis: ManagedProcess;
let gateways: Gateway[];
let owner: Database;
const lifecycle = new ProcessLifecycle();
const replica = new Replica('one');

beforeAll(async () => {
  folder = await ownFolder('gateway-limits');
  const port = await freePort();
  redis = await startRedis(foldersOf(folder.path), port);
  database = await createDatabase(migrations);
  owner = await openDatabase(database.as('owner'), lifecycle, 'test');
  await replica.start();
  const start = () =>
    startGateway(folder.path, database.as('gateway'), [replica], {
      REDIS_NODES: `127.0.0.1:${port}`,
      TRUSTED_PROXIES: '1',
      RATE_LIMIT_PLAYER: '6/2',
      RATE_LIMIT_ADDRESS: '8/2',
      RATE_LIMIT_SIGN_UP: '4/2',
      RATE_LIMIT_LOGIN_ACCOUNT: '3/60',
      RATE_LIMIT_LOGIN_ADDRESS: '5/60',
    });
  gateways = await Promise.all([start(), start()]);
});
afterAll(async () => {
  await Promise.all(gateways.map((gateway) => gateway.process.stop()));
  await redis.stop();
  await replica.kill();
  await lifecycle.stop();
  await database.drop();
  folder.remove();
});

let addresses = 0;
const freshAddress = () => `203.0.113.${++addresses}`;

const call = async (
  gateway: number,
  path: string,
  address: string,
  options: { token?: string; body?: object } = {},
) => {
  const { token, body } = options;
  const response = await fetch((gateways[gateway % 2]?.url ?? '') + path, {
    method: body ? 'POST' : 'GET',
    headers: {
      'x-forwarded-for': `6.6.6.6, ${address}`,
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...(body ? { 'content-type': 'application/json' } : {}),
    },
    body: body ? JSON.stringify(body) : null,
  });
  return {
    status: response.status,
    retryAfter: response.headers.get('retry-after'),
    body: (await response.json()) as object,
  };
};
const statuses = async (count: number, work: (index: number) => Promise<{ status: number }>): Promise<number[]> => {
  const seen: number[] = [];
  for (let index = 0; index < count; index++) seen.push((await work(index)).status);
  return seen;
};
const ok = (count: number, status = 200) => Array.from({ length: count }, () => status);

test('an address may do so much without a token, at all gateways together; another is not concerned', async () => {
  const address = freshAddress();
  expect(await statuses(10, (index) => call(index, '/api/health', address))).toEqual([...ok(8), ...ok(2, 429)]);
  expect((await call(0, '/api/health', freshAddress())).status).toBe(200);
  const refused = await call(1, '/api/health', address);
  expect(refused).toMatchObject({ status: 429, body: { error: 'RATE_LIMITED' } });
  expect(Number(refused.retryAfter)).toBeGreaterThanOrEqual(1);
  expect(Number(refused.retryAfter)).toBeLessThanOrEqual(2);
  await new Promise((resolve) => setTimeout(resolve, Number(refused.retryAfter) * 1000 + 50));
  expect((await call(0, '/api/health', address)).status).toBe(200);
});

test('a player may do so much, from wherever; the address is not charged for it', async () => {
  const address = freshAddress();
  const { body } = await call(0, '/api/auth/guest', address, { body: {} });
  const { accessToken: token } = body as { accessToken: string };
  const seen = await statuses(8, (index) =>
    call(index, '/api/matches', index % 2 ? address : freshAddress(), { token }),
  );
  expect(seen).toEqual([...ok(6), ...ok(2, 429)]);
  expect((await call(0, '/api/health', address)).status).toBe(200);
});

test('new players from one address are limited', async () => {
  const address = freshAddress();
  const seen = await statuses(5, (index) => call(index, '/api/auth/guest', address, { body: {} }));
  expect(seen).toEqual([...ok(4, 201), 429]);
});

test('guessing the password of one account is limited, from many addresses too; signing in is not counted', async () => {
  const known = { username: 'Guessed_1', password: 'correct horse' };
  await call(0, '/api/auth/register', freshAddress(), { body: known });
  expect(await statuses(5, (index) => call(index, '/api/auth/login', freshAddress(), { body: known }))).toEqual(ok(5));
  const guess = (index: number) =>
    call(index, '/api/auth/login', freshAddress(), {
      body: { username: 'guessed_1', password: `guess number ${index}` },
    });
  expect(await statuses(4, guess)).toEqual([...ok(3, 401), 429]);
  expect((await call(0, '/api/auth/login', freshAddress(), { body: known })).status).toBe(429);
});

test('a sign-in that could not be looked at is no guess', async () => {
  const known = { username: 'Unlooked_1', password: 'correct horse' };
  const address = freshAddress();
  const login = (index: number) => call(index, '/api/auth/login', address, { body: known });
  await call(0, '/api/auth/register', freshAddress(), { body: known });
  await owner.query({ text: 'alter table identity.accounts rename to away' });
  expect(await statuses(6, login)).toEqual(ok(6, 500));
  await owner.query({ text: 'alter table identity.away rename to accounts' });
  expect(await statuses(2, login)).toEqual(ok(2));
});

test('trying many accounts from one address is limited, and at once as one after the other', async () => {
  const address = freshAddress();
  const guesses = await Promise.all(
    Array.from({ length: 7 }, (_, index) =>
      call(index, '/api/auth/login', address, { body: { username: `Nobody_${index}`, password: 'correct horse' } }),
    ),
  );
  expect(guesses.map(({ status }) => status).sort()).toEqual([...ok(5, 401), ...ok(2, 429)]);
});

test('addresses of one IPv6 network count as one', async () => {
  const seen = await statuses(10, (index) => call(index, '/api/health', `2001:db8:0:1::${index}`));
  expect(seen).toEqual([...ok(8), ...ok(2, 429)]);
  expect((await call(0, '/api/health', '2001:db8:0:2::1')).status).toBe(200);
});

test('while Redis is frozen or away each gateway counts for itself, and nothing fails', async () => {
  const perGateway = async () => {
    const address = freshAddress();
    expect(await statuses(10, () => call(0, '/api/health', address))).toEqual([...ok(8), ...ok(2, 429)]);
    expect((await call(1, '/api/health', address)).status).toBe(200);
  };
  // Long enough for the first to find out, and short enough for one window.
  await redis.kill('SIGSTOP');
  await call(0, '/api/health', freshAddress());
  await call(1, '/api/health', freshAddress());
  const begun = performance.now();
  await perGateway();
  expect(performance.now() - begun).toBeLessThan(3000);
  await redis.kill('SIGCONT');
  await redis.stop();
  await perGateway();
  await redis.start();
  await new Promise((resolve) => setTimeout(resolve, 2500));
  const address = freshAddress();
  expect(await statuses(10, (index) => call(index, '/api/health', address))).toEqual([...ok(8), ...ok(2, 429)]);
});
