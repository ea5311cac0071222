import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { request as send, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { routes } from '../../contracts/routes.ts';
import { ApiError } from '../errors.ts';
import { createApp } from './app.ts';
import { callerFromGateway } from './identity.ts';
import { implement, PreparedAnswer } from './route.ts';
import { createHttpServer } from './server.ts';

let server: Server;
let url: string;
let fails: () => never;
const answer = {
  actionId: randomUUID(),
  type: 'defend',
  seq: 2,
  tick: 1,
  result: { type: 'defend', shield: 20, untilTick: 11 },
  sealed: false,
};
beforeAll(async () => {
  const app = createApp({
    routes: [
      implement(routes.getMatch, async () => fails()),
      implement(routes.act, async ({ body }) => ({ ...answer, sealed: body.useStamp === true }) as never),
      implement(routes.top100, async () => new PreparedAnswer('{"prepared":true}')),
      implement(routes.listMatches, async ({ query }) => ({ items: [], total: 0, page: query.page })),
    ],
    authenticate: callerFromGateway,
  });
  server = createHttpServer(app);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  server.close();
});

const caller = { 'x-idempo-player-id': randomUUID(), 'x-idempo-username': 'ada' };
const call = async (method: string, path: string, body?: string | object, headers: Record<string, string> = {}) => {
  const response = await fetch(`${url}${path}`, {
    method,
    headers: {
      ...caller,
      'x-idempotency-key': randomUUID(),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  const text = await response.text();
  return {
    status: response.status,
    headers: response.headers,
    body: (text === '' ? {} : JSON.parse(text)) as Record<string, unknown>,
  };
};
const act = `/matches/${randomUUID()}/actions`;

test('what is valid is answered', async () => {
  expect(await call('POST', act, { type: 'defend' })).toMatchObject({ status: 200, body: answer });
  expect(await call('GET', '/matches?page=3')).toMatchObject({ status: 200, body: { page: 3 } });
});

test('what is JSON already is answered as it is', async () => {
  const { status, headers, body } = await call('GET', '/leaderboard/top100');
  expect({ status, body, type: headers.get('content-type') }).toEqual({
    status: 200,
    body: { prepared: true },
    type: 'application/json; charset=utf-8',
  });
});

test.each([
  ['GET', '/nothing', 404, 'NOT_FOUND'],
  ['GET', '/matches/a/b/c', 404, 'NOT_FOUND'],
  ['DELETE', '/matches', 405, 'METHOD_NOT_ALLOWED'],
  ['PATCH', act, 405, 'METHOD_NOT_ALLOWED'],
] as const)('%s %s: %i %s', async (method, path, status, error) => {
  expect(await call(method, path)).toMatchObject({ status, body: { error } });
});

test.each<[string, string | object | undefined, Record<string, string>, string]>([
  ['no JSON', '{', {}, 'body: not valid JSON'],
  ['a bare value', '"x"', {}, 'body'],
  ['no body', undefined, {}, 'body'],
  ['an array', '[]', {}, 'body'],
  ['17 KiB', JSON.stringify({ type: 'defend', x: 'x'.repeat(17 * 1024) }), {}, '16 KiB'],
  ['an unknown field', { type: 'defend', cheat: 1 }, {}, 'cheat'],
  ['an unknown type', { type: 'fly' }, {}, 'body.type'],
  ['a wrong field', { type: 'move', payload: { direction: 'up' } }, {}, 'body.payload.direction'],
  ['another content type', 'type=defend', { 'content-type': 'application/x-www-form-urlencoded' }, 'application/json'],
  ['no key', { type: 'defend' }, { 'x-idempotency-key': 'x' }, 'header.x-idempotency-key'],
])('400 for %s, naming it', async (_name, body, headers, named) => {
  const { status, body: told } = await call('POST', act, body, headers);
  expect({ status, error: told['error'] }).toEqual({ status: 400, error: 'VALIDATION_ERROR' });
  expect(told['detail']).toContain(named);
});

test.each([
  '/matches/x',
  '/matches/%00',
  '/matches/%E0%A4%A',
  '/matches?page=0',
  '/matches?limit=101',
  '/matches?page=1&page=2',
  '/matches?x=1',
  `/matches/${randomUUID()}?x=1`,
])('400 for %s', async (path) => {
  expect(await call('GET', path)).toMatchObject({ status: 400, body: { error: 'VALIDATION_ERROR' } });
});

test('without a caller 401', async () => {
  expect(await call('GET', '/matches', undefined, { 'x-idempo-player-id': 'x' })).toMatchObject({ status: 401 });
});

test('a valid correlation id is kept, any other is replaced, and it is in the header and the error', async () => {
  const id = randomUUID();
  const kept = await call('GET', '/nothing', undefined, { 'x-correlation-id': id });
  expect([kept.headers.get('x-correlation-id'), kept.body['correlationId']]).toEqual([id, id]);
  const replaced = await call('GET', '/nothing', undefined, { 'x-correlation-id': 'evil value' });
  expect(replaced.headers.get('x-correlation-id')).toMatch(/^[0-9a-f-]{36}$/);
  expect(replaced.body['correlationId']).toBe(replaced.headers.get('x-correlation-id'));
});

test.each<[string, unknown, number, string]>([
  ['what is known', new ApiError('MATCH_NOT_FOUND', 'There is no match with this id.'), 404, 'MATCH_NOT_FOUND'],
  [
    'a store that is away',
    Object.assign(new Error('connect 10.1.2.3 secret'), { code: 'ECONNREFUSED' }),
    503,
    'UNAVAILABLE',
  ],
  ['a bug', new TypeError('secret of the inside'), 500, 'INTERNAL'],
  ['what is no error', 'secret', 500, 'INTERNAL'],
])('%s is told without the inside', async (_name, error, status, code) => {
  fails = () => {
    throw error;
  };
  const told = await call('GET', `/matches/${randomUUID()}`);
  expect(told).toMatchObject({ status, body: { error: code } });
  expect(JSON.stringify(told.body)).not.toContain('secret');
  expect(Object.keys(told.body).toSorted()).toEqual(['correlationId', 'detail', 'error']);
});

test('how long to wait is told', async () => {
  fails = () => {
    throw new ApiError('COOLDOWN', 'wait', { retryAfterMs: 1200 });
  };
  const told = await call('GET', `/matches/${randomUUID()}`);
  expect(told).toMatchObject({ status: 409, body: { retryAfterMs: 1200 } });
  expect(told.headers.get('retry-after')).toBe('2');
});

test('a body without a length is limited too', async () => {
  const status = await new Promise<number | undefined>((resolve, reject) => {
    const request = send(
      `${url}${act}`,
      {
        method: 'POST',
        headers: {
          ...caller,
          'x-idempotency-key': randomUUID(),
          'content-type': 'application/json',
          'transfer-encoding': 'chunked',
        },
      },
      (response) => {
        response.resume();
        resolve(response.statusCode);
      },
    );
    request.on('error', reject);
    request.end(`{"x":"${'x'.repeat(20_000)}"}`);
  });
  expect(status).toBe(400);
});
