import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { createLocalJWKSet, jwtVerify } from 'jose';
import { ownFolder, type OwnFolder } from '../../tests/folder.ts';
import { createDatabase, type TestDatabase } from '../../tests/servers.ts';
import { PublicKeys, Session } from '../contracts/api.ts';
import { migrations } from './identity/migrations/index.ts';
import { json, Replica, startGateway, type Gateway, type Seen } from './test-gateway.ts';

// Real: the gateway as a process, PostgreSQL, Redis, and HTTP to two replicas that answer with what they saw.
let folder: OwnFolder;
let database: TestDatabase;
let gateway: Gateway;
let player: Session;
const botSecret = 'a secret of the bots';
const replicas = [new Replica('one'), new Replica('two')] as const;

beforeAll(async () => {
  folder = await ownFolder('gateway');
  database = await createDatabase(migrations);
  await Promise.all(replicas.map((replica) => replica.start()));
  gateway = await startGateway(folder.path, database.as('gateway'), [...replicas], {
    CORS_ORIGINS: 'https://play.example',
    BOT_SECRET: botSecret,
  });
  player = await gateway.guest();
});
afterAll(async () => {
  await gateway.process.stop();
  await Promise.all(replicas.map((replica) => replica.kill()));
  await database.drop();
  folder.remove();
});
beforeEach(() => {
  for (const replica of replicas) {
    replica.answer = () => false;
    replica.seen.length = 0;
  }
});

interface Told {
  status: number;
  headers: Headers;
  body: Record<string, unknown> & { error?: string; detail?: string; replica?: string; seen?: Seen };
}
const call = async (
  method: string,
  path: string,
  options: { token?: string; headers?: object; body?: unknown } = {},
): Promise<Told> => {
  const { token, headers, body } = options;
  const response = await fetch(gateway.url + path, {
    method,
    headers: {
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...headers,
    },
    body: body === undefined ? null : typeof body === 'string' ? body : JSON.stringify(body),
  });
  const text = await response.text();
  return {
    status: response.status,
    headers: response.headers,
    body: text === '' ? {} : (JSON.parse(text) as Told['body']),
  };
};
const act = (matchId: string, options: { headers?: object; body?: unknown; token?: string } = {}) =>
  call('POST', `/api/matches/${matchId}/actions`, {
    token: player.accessToken,
    body: { type: 'defend' },
    ...options,
    headers: { 'x-idempotency-key': randomUUID(), ...options.headers },
  });
const credentials = () => ({ username: `P_${randomUUID().slice(0, 8)}`, password: 'correct horse' });

test('it says that it is there, at the root too', async () => {
  for (const path of ['/api/health', '/health']) {
    const { status, body } = await call('GET', path);
    expect([status, body]).toEqual([200, { status: 'ok', uptime: expect.any(Number) }]);
  }
});

test('a call goes to the service with the identity that was verified, and nothing that was claimed', async () => {
  const correlationId = randomUUID();
  const key = randomUUID();
  const { status, headers, body } = await act(randomUUID(), {
    headers: {
      'x-idempotency-key': key,
      'x-correlation-id': correlationId,
      'x-idempo-player-id': randomUUID(),
      'x-idempo-username': 'Admin',
      'x-idempo-anything': 'else',
      'x-forwarded-for': '6.6.6.6',
      cookie: 'a=b',
    },
  });
  expect(status).toBe(200);
  expect(headers.get('x-correlation-id')).toBe(correlationId);
  const { host, ...seen } = body.seen?.headers ?? {};
  expect(host).toMatch(/^127\.0\.0\.1:/);
  expect(seen).toEqual({
    connection: 'keep-alive',
    'x-idempo-endpoint': expect.stringMatching(/^127\.0\.0\.1:\d+$/),
    'content-length': '17',
    'content-type': 'application/json',
    'x-correlation-id': correlationId,
    'x-idempotency-key': key,
    'x-idempo-player-id': player.playerId,
    'x-idempo-username': player.username,
  });
  expect(body.seen?.body).toBe('{"type":"defend"}');
});

test('paths lose the prefix and keep the query', async () => {
  const { body } = await call('GET', '/api/matches?page=2&limit=5', { token: player.accessToken });
  expect(body.seen?.url).toBe('/matches?page=2&limit=5');
});

test('calls of one match go to one replica, those of many matches to both', async () => {
  const used = new Set<string | undefined>();
  for (let match = 0; match < 20; match++) {
    const id = randomUUID();
    const answers = await Promise.all([
      act(id),
      act(id),
      call('GET', `/api/matches/${id}`, { token: player.accessToken }),
    ]);
    const names = new Set(answers.map(({ body }) => body.replica));
    expect(names.size).toBe(1);
    used.add([...names][0]);
  }
  expect(used.size).toBe(2);
});

test('without a token that holds there is no way to a service', async () => {
  const other = 'eyJhbGciOiJub25lIn0.eyJzdWIiOiJ4In0.';
  for (const token of [undefined, other, 'x', `${player.accessToken}x`]) {
    const { status, body } = await act(randomUUID(), token === undefined ? { token: '' } : { token });
    expect([status, body.error]).toEqual([401, 'UNAUTHORIZED']);
  }
  expect(replicas.flatMap(({ seen }) => seen)).toEqual([]);
});

test('only what the contract names goes through', async () => {
  const token = player.accessToken;
  const notFound = [
    '/api/matches/a/b',
    '/api/metrics',
    '/matches',
    '/metrics',
    '/api/../matches',
    '/game/socket.io',
    '/api',
  ];
  for (const path of notFound) {
    const { status, body } = await call('GET', path, { token });
    expect([path, status, body.error]).toEqual([path, 404, 'NOT_FOUND']);
  }
  for (const [method, path] of [
    ['DELETE', '/api/matches'],
    ['GET', '/api/auth/login'],
    ['PUT', '/api/matches/x'],
  ] as const) {
    const { status, body } = await call(method, path, { token });
    expect([path, status, body.error]).toEqual([path, 405, 'METHOD_NOT_ALLOWED']);
  }
  expect(replicas.flatMap(({ seen }) => seen)).toEqual([]);
});

test('a body of more than 16 KiB is refused, on every path, however it is sent', async () => {
  const long = JSON.stringify({ type: 'defend', filler: 'x'.repeat(16 * 1024) });
  const tooLong = { status: 400, body: { error: 'VALIDATION_ERROR', detail: 'body: longer than 16 KiB' } };
  expect(await act(randomUUID(), { body: long })).toMatchObject(tooLong);
  expect(await call('POST', '/api/auth/login', { body: long })).toMatchObject(tooLong);
  const chunked = new Promise<number | undefined>((resolve, reject) => {
    const outgoing = httpRequest(`${gateway.url}/api/matches/${randomUUID()}/actions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${player.accessToken}`, 'transfer-encoding': 'chunked' },
    });
    outgoing.once('response', ({ statusCode }) => resolve(statusCode)).once('error', reject);
    for (let sent = 0; sent < 20; sent++) outgoing.write('x'.repeat(1024));
    outgoing.end();
  });
  expect(await chunked).toBe(400);
  expect(replicas.flatMap(({ seen }) => seen)).toEqual([]);
});

test('answers of the service come back as they are', async () => {
  for (const replica of replicas) {
    replica.answer = (_seen, response) => {
      response.setHeader('retry-after', '3');
      response.setHeader('x-internal', 'kept');
      json(response, 409, { error: 'COOLDOWN', detail: 'not yet', retryAfterMs: 120 });
      return true;
    };
  }
  const { status, headers, body } = await act(randomUUID());
  expect([status, body]).toEqual([409, { error: 'COOLDOWN', detail: 'not yet', retryAfterMs: 120 }]);
  expect(headers.get('retry-after')).toBe('3');
});

test('a call whose replica dies under it is answered by the other', async () => {
  for (const replica of replicas) {
    // The first who is asked dies; so do all until one has died for this match.
    replica.answer = (_seen, _response, socket) => {
      if (replicas.flatMap(({ seen }) => seen).length > 1) return false;
      socket.destroy();
      return true;
    };
  }
  const key = randomUUID();
  expect((await act(randomUUID(), { headers: { 'x-idempotency-key': key } })).status).toBe(200);
  const seen = replicas.map((replica) => replica.seen.map(({ headers }) => headers['x-idempotency-key']));
  expect(seen).toEqual([[key], [key]]);
});

test('an item is offered again, when its replica dies under it, with the same key: that of the client, or one that the gateway gives', async () => {
  for (const given of [{ 'x-idempotency-key': randomUUID() }, {}]) {
    for (const replica of replicas) {
      replica.seen.length = 0;
      replica.answer = (_seen, _response, socket) => {
        if (replicas.flatMap(({ seen }) => seen).length > 1) return false;
        socket.destroy();
        return true;
      };
    }
    const offer = { itemId: randomUUID(), price: 10 };
    const options = { token: player.accessToken, headers: given, body: offer };
    expect((await call('POST', '/api/marketplace/listings', options)).status).toBe(200);
    const [first, second] = replicas.map((replica) => replica.seen.map(({ headers }) => headers['x-idempotency-key']));
    expect(first).toEqual([given['x-idempotency-key'] ?? expect.any(String)]);
    expect(second).toEqual(first);
  }
});

test('a call whose replica is draining is answered by the other; an action that is pending is told', async () => {
  const unavailable = { error: 'UNAVAILABLE', detail: 'draining', correlationId: randomUUID() };
  replicas[0].answer = (_seen, response) => {
    json(response, 503, unavailable);
    return true;
  };
  for (let match = 0; match < 8; match++) expect((await act(randomUUID())).body.replica).toBe('two');
  for (const replica of replicas) {
    replica.seen.length = 0;
    replica.answer = (_seen, response) => {
      json(response, 503, { ...unavailable, error: 'ACTION_PENDING' });
      return true;
    };
  }
  expect((await act(randomUUID())).body.error).toBe('ACTION_PENDING');
  expect(replicas.flatMap(({ seen }) => seen)).toHaveLength(1);
});

test('while no replica is there calls wait for one, and are told after 5 s', async () => {
  await Promise.all(replicas.map((replica) => replica.kill()));
  const waiting = act(randomUUID());
  await new Promise((resolve) => setTimeout(resolve, 1500));
  await replicas[1].start();
  expect(await waiting).toMatchObject({ status: 200, body: { replica: 'two' } });

  await replicas[1].kill();
  const begun = performance.now();
  const told = await act(randomUUID());
  expect(told).toMatchObject({ status: 503, body: { error: 'UNAVAILABLE' } });
  expect(told.headers.get('retry-after')).toBe('1');
  const took = performance.now() - begun;
  expect(took).toBeGreaterThan(4900);
  expect(took).toBeLessThan(6500);
  await Promise.all(replicas.map((replica) => replica.start()));
});

test('a session goes from guest to account, refresh and logout', async () => {
  const guest = await gateway.guest();
  expect(guest).toMatchObject({ guest: true, expiresIn: 900 });
  const asked = credentials();
  const registered = await call('POST', '/api/auth/register', { token: guest.accessToken, body: asked });
  expect(registered).toMatchObject({
    status: 201,
    body: { playerId: guest.playerId, username: asked.username, guest: false },
  });
  const signedIn = await call('POST', '/api/auth/login', { body: asked });
  expect(signedIn).toMatchObject({ status: 200, body: { playerId: guest.playerId } });
  const { refreshToken } = Session.parse(signedIn.body);
  const refreshed = await call('POST', '/api/auth/refresh', { body: { refreshToken } });
  expect(refreshed.status).toBe(200);
  const next = Session.parse(refreshed.body);
  expect((await act(randomUUID(), { token: next.accessToken })).body.seen?.headers['x-idempo-username']).toBe(
    asked.username,
  );
  const logout = await call('POST', '/api/auth/logout', { body: { refreshToken: next.refreshToken } });
  expect([logout.status, logout.body]).toEqual([204, {}]);
  expect((await call('POST', '/api/auth/refresh', { body: { refreshToken: next.refreshToken } })).status).toBe(401);
});

test('a bot is the same player under the same name, is marked as a bot, and nobody else gets to be one', async () => {
  const signIn = (name: string, secret: string) => call('POST', '/api/auth/bot', { body: { name, secret } });
  const first = await signIn('Bot-Iris', botSecret);
  const again = await signIn('bot-iris', botSecret);
  expect([first.status, again.body['playerId'], first.body['guest']]).toEqual([200, first.body['playerId'], false]);
  const { seen } = (await call('POST', '/api/matches', { token: String(again.body['accessToken']), body: {} })).body;
  expect([seen?.headers['x-idempo-bot'], seen?.headers['x-idempo-username']]).toEqual(['true', 'Bot-Iris']);
  const claimed = await call('POST', '/api/matches', {
    token: player.accessToken,
    headers: { 'x-idempo-bot': 'true' },
  });
  expect(claimed.body.seen?.headers['x-idempo-bot']).toBeUndefined();
  expect((await signIn('Bot-Iris', 'guessed')).body.error).toBe('UNAUTHORIZED');
  expect((await signIn(player.username, botSecret)).body.error).toBe('USERNAME_TAKEN');
  const asPerson = await call('POST', '/api/auth/login', { body: { username: 'Bot-Iris', password: botSecret } });
  expect(asPerson.body.error).toBe('UNAUTHORIZED');
});

test('the public keys verify its tokens, and nothing private is among them', async () => {
  const { status, body } = await call('GET', '/api/auth/jwks');
  expect(status).toBe(200);
  const { keys } = PublicKeys.parse(body);
  expect(JSON.stringify(keys)).not.toContain('"d"');
  await expect(
    jwtVerify(player.accessToken, createLocalJWKSet({ keys: keys.map((key) => ({ ...key, kty: 'OKP' })) })),
  ).resolves.toMatchObject({ payload: { sub: player.playerId } });
});

test('what is wrong with a request is told by field', async () => {
  const good = credentials();
  const wrong: [string, unknown, RegExp][] = [
    ['/api/auth/register', { ...good, username: 'a b' }, /^body\.username: /],
    ['/api/auth/register', { ...good, password: 'short' }, /^body\.password: /],
    ['/api/auth/register', { ...good, admin: true }, /admin/],
    ['/api/auth/login', { username: good.username }, /^body\.password: /],
    ['/api/auth/login', 'not json', /^body: not valid JSON/],
    ['/api/auth/refresh', { refreshToken: 5 }, /^body\.refreshToken: /],
    ['/api/auth/guest', { name: 'x' }, /name/],
  ];
  for (const [path, body, detail] of wrong) {
    const answer = await call('POST', path, { body });
    expect([path, answer.status, answer.body.error]).toEqual([path, 400, 'VALIDATION_ERROR']);
    expect(answer.body.detail).toMatch(detail);
  }
});

test("registering with a token that does not hold is refused, or a guest's player would be lost", async () => {
  const answer = await call('POST', '/api/auth/register', { token: 'expired', body: credentials() });
  expect([answer.status, answer.body.error]).toEqual([401, 'UNAUTHORIZED']);
});

test('the document and its page are served, and the page runs nothing', async () => {
  const document = await call('GET', '/api/openapi.json');
  expect(document.body).toMatchObject({ openapi: '3.1.1', servers: [{ url: '/api' }] });
  const page = await fetch(`${gateway.url}/api/docs`);
  expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8');
  expect(page.headers.get('content-security-policy')).toMatch(/^default-src 'none'; style-src 'sha256-/);
  const text = await page.text();
  expect(text).toContain('/api/matches/{id}/actions');
  expect(text).not.toMatch(/<script|https?:\/\//);
});

test('answers carry security headers, and leave for other origins only where it was given', async () => {
  const { headers } = await call('GET', '/api/health', { headers: { origin: 'https://evil.example' } });
  expect(headers.get('x-content-type-options')).toBe('nosniff');
  expect(headers.get('cache-control')).toBe('no-store');
  expect(headers.get('access-control-allow-origin')).toBeNull();
  const preflight = await fetch(`${gateway.url}/api/matches`, {
    method: 'OPTIONS',
    headers: { origin: 'https://play.example', 'access-control-request-method': 'POST' },
  });
  expect(preflight.status).toBe(204);
  expect(preflight.headers.get('access-control-allow-origin')).toBe('https://play.example');
  expect(preflight.headers.get('access-control-allow-headers')).toContain('x-idempotency-key');
});

test('no token and no password is in its log', async () => {
  const asked = { ...credentials(), password: 'a password to look for' };
  await call('POST', '/api/auth/register', { body: asked });
  await call('POST', '/api/auth/refresh', { body: { refreshToken: player.refreshToken } });
  await call('POST', '/api/auth/refresh', { body: { refreshToken: player.refreshToken } });
  const written = () => readFileSync(gateway.process.spec.logFile, 'utf8');
  while (!written().includes('spent or expired refresh token')) await new Promise((resolve) => setTimeout(resolve, 20));
  const log = written();
  expect(log).not.toContain(asked.password);
  expect(log).not.toContain(player.refreshToken);
  expect(log).not.toContain(player.accessToken);
});
