import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { lifetimeMs } from './sessions.ts';
import { letterOf, password, startConsole, type TestConsole } from './test-console.ts';

/** Real: PostgreSQL, HTTP. */
let dlq: TestConsole;
beforeAll(async () => {
  dlq = await startConsole(['things', 'empty']);
});
afterAll(() => dlq.stop());

/** Adds one letter. @returns its id */
const add = async (given: Parameters<typeof letterOf>[1] = {}): Promise<string> => {
  await dlq.letters.add([letterOf('things.dlq', given)]);
  const [row] = await dlq.database.query<{ id: string }>({ text: 'select max(id) as id from dlq.messages' });
  return row?.id ?? '';
};

test('every page but the sign-in asks to sign in first, and leads back to where one wanted to go', async () => {
  const visitor = dlq.visitor();
  for (const path of [
    '/messages?topic=things',
    '/messages/1',
    '/messages/1/payload',
    '/audit',
    '/decide',
    '/nowhere',
  ]) {
    const { status, headers } = await visitor.get(path);
    expect(status).toBe(303);
    expect(headers.get('location')).toBe(`/sign-in?${new URLSearchParams({ next: path }).toString()}`);
  }
  const { status, text } = await visitor.post('/decisions', { action: 'DISCARD', id: '1', reason: 'x' });
  expect(status).toBe(401);
  expect(text).toContain('sign in');
  const signedIn = await visitor.signIn({ next: '/messages?topic=things' });
  expect(signedIn.headers.get('location')).toBe('/messages?topic=things');
  expect((await visitor.get('/messages?topic=things')).status).toBe(200);
});

test.each([
  'https://elsewhere.example/',
  '//elsewhere.example',
  '/\\elsewhere.example',
  '/.//elsewhere.example',
  'http://console//elsewhere.example',
  'javascript:alert(1)',
])('nobody is led elsewhere: %s', async (next) => {
  const { status, headers } = await dlq.visitor().signIn({ next });
  expect(status).toBe(303);
  expect(headers.get('location')).toMatch(/^\/(?![/\\])/);
});

test('the cookie is for this site and for no script, and nothing is loaded from elsewhere or kept', async () => {
  const { headers } = await dlq.visitor().get('/sign-in');
  expect(headers.getSetCookie().join()).toMatch(/httponly/i);
  expect(headers.getSetCookie().join()).toMatch(/samesite=strict/i);
  expect(headers.get('content-security-policy')).toMatch(/default-src 'none'.*frame-ancestors 'none'/);
  expect(headers.get('content-security-policy')).not.toContain('script-src');
  expect(headers.get('cache-control')).toBe('no-store');
  expect(headers.get('x-content-type-options')).toBe('nosniff');
});

test('a wrong name or password is refused, and after ten tries nobody from there may try for a while', async () => {
  const visitor = dlq.visitor();
  for (const given of [{ username: 'root' }, { password: 'wrong' }, { password: '' }]) {
    const { status, text } = await visitor.signIn(given);
    expect(status).toBe(401);
    expect(text).toContain('do not match');
  }
  for (let n = 3; n < 10; n++) await visitor.signIn({ password: 'wrong' });
  const { status, headers, text } = await visitor.signIn();
  expect(status).toBe(429);
  expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
  expect(text).toContain('Too many attempts');
  const elsewhere = dlq.visitor();
  elsewhere.address = '198.51.100.1';
  expect((await elsewhere.signIn()).status).toBe(303);
});

test('a form without the token of its session does nothing', async () => {
  const id = await add();
  const operator = await dlq.operator();
  const other = await dlq.operator();
  await other.get('/messages');
  const stolen = { action: 'DISCARD', id, reason: 'x' };
  expect((await operator.post('/decisions', { ...stolen, token: '' })).status).toBe(403);
  const { cookie } = operator;
  operator.cookie = other.cookie;
  expect((await operator.post('/decisions', stolen)).status).toBe(403);
  operator.cookie = cookie;
  expect((await operator.post('/sign-out', { token: 'x' })).status).toBe(403);
  expect((await dlq.visitor().post('/sign-in', { username: 'operator', password })).status).toBe(403);
  expect((await dlq.messages.find(id))?.status).toBe('NEW');
});

test('a session ends after twelve hours, at the sign-out, and when it is touched', async () => {
  const operator = await dlq.operator();
  const session = await dlq.sessions.open(operator.cookie.replace('idempo_dlq=', ''));
  expect(session?.operator).toBe('operator');
  const as = async (cookie: string) => {
    const visitor = dlq.visitor();
    visitor.cookie = `idempo_dlq=${cookie}`;
    return (await visitor.get('/')).status;
  };
  const past = dlq.sessions.begin('operator', Date.now() - lifetimeMs);
  const almost = dlq.sessions.begin('operator', Date.now() - lifetimeMs + 5000);
  expect([await as(dlq.sessions.seal(past)), await as(dlq.sessions.seal(almost))]).toEqual([303, 200]);
  const [content = '', signature = ''] = dlq.sessions.seal(almost).split('.');
  const forged = Buffer.from(content, 'base64url').toString().replace('operator', 'somebody');
  expect(await as(`${Buffer.from(forged).toString('base64url')}.${signature}`)).toBe(303);
  for (const nonsense of ['', '.', 'a.b', 'a']) expect(await as(nonsense)).toBe(303);

  const stolen = operator.cookie;
  await operator.get('/');
  expect((await operator.post('/sign-out', {})).headers.get('location')).toBe('/sign-in');
  expect((await operator.get('/')).status).toBe(303);
  operator.cookie = stolen;
  expect((await operator.get('/')).status).toBe(303);
});

const evil = `"><script>alert(1)</script><img src=x onerror='alert(2)'>`;

test('whatever a message says is text on every page that shows it', async () => {
  const id = await add({
    key: evil,
    value: JSON.stringify({ type: evil, eventId: evil, payload: evil }),
    headers: { 'dlq-error': evil, 'dlq-consumer': evil, [evil]: evil, traceparent: evil },
  });
  const raw = await add({ value: evil });
  const operator = await dlq.operator();
  await operator.decide('DISCARD', [raw], evil);
  const query = new URLSearchParams({ topic: evil, error: evil, key: evil, consumer: evil, type: evil }).toString();
  for (const path of [
    '/',
    '/messages',
    `/messages?${query}`,
    `/messages/${id}`,
    `/messages/${raw}`,
    `/decide?action=REPLAY&${query}`,
    '/audit',
    `/sign-in?next=${encodeURIComponent(evil)}`,
  ]) {
    const { status, text } = await operator.get(path);
    expect(status).toBe(200);
    expect(text.replaceAll(/<script|<img|onerror='/g, '')).toBe(text);
  }
  const { headers, text } = await operator.get(`/messages/${raw}/payload`);
  expect(headers.get('content-type')).toBe('application/octet-stream');
  expect(headers.get('content-disposition')).toContain('attachment');
  expect(text).toBe(evil);
});

test('a payload is shown as it came: numbers beyond precision, bytes that are no text, and only the beginning of much', async () => {
  const operator = await dlq.operator();
  const shown = async (value: string | Buffer) => (await operator.get(`/messages/${await add({ value })}`)).text;
  expect(await shown('{"amount":12345678901234567890,"b":[1.10,{}]}')).toContain('12345678901234567890');
  expect(await shown(Buffer.from([0xff, 0xfe, 0x41]))).toContain('ff fe 41');
  const long = await shown(`["${'x'.repeat(900_000)}"]`);
  expect(long.length).toBeLessThan(120_000);
  expect(long).toContain('only its beginning');
  expect(await shown('['.repeat(200_000))).toContain('text');
  expect(await shown('['.repeat(20_000) + ']'.repeat(20_000))).toContain('JSON');
});

test('a search finds by each of its fields, and by all together', async () => {
  const wanted = {
    key: '5f0c%_\\x',
    value: JSON.stringify({ type: 'LockItem', eventId: 'e-77' }),
    headers: {
      'dlq-error': 'TypeError: 100% of a_b',
      'dlq-consumer': 'inventory',
      'dlq-at': '2026-03-04T05:06:07.089Z',
    },
  };
  const id = await add(wanted);
  const operator = await dlq.operator();
  const found = async (query: Record<string, string>) => {
    const { status, text } = await operator.get(`/messages?${new URLSearchParams(query).toString()}`);
    expect(status).toBe(200);
    return text.includes(`href="/messages/${id}"`) ? text.match(/name="id"/g)?.length : 0;
  };
  const queries: Record<string, string>[] = [
    { type: 'LockItem' },
    { consumer: 'inventory' },
    { error: '100% OF A_' },
    { error: 'TypeError: …% of a_b' },
    { key: '5f0c%_\\' },
    { key: 'e-77' },
    { from: '2026-03-04T05:06', to: '2026-03-04T05:07' },
    { topic: 'things', type: 'LockItem', consumer: 'inventory', status: 'NEW' },
    { status: 'ANY', type: 'LockItem' },
  ];
  for (const query of queries) expect([query, await found(query)]).toEqual([query, 1]);
  for (const query of [{ key: 'f0c' }, { error: '1000' }, { to: '2026-03-04T05:06' }, { status: 'REPLAYED' }]) {
    expect([query, await found(query as Record<string, string>)]).toEqual([query, 0]);
  }
  for (const query of ['status=ODD', 'from=yesterday', 'topic=a&topic=b']) {
    expect((await operator.get(`/messages?${query}`)).status).toBe(400);
  }
});

test('what is not there is a page that says so', async () => {
  const operator = await dlq.operator();
  for (const path of ['/messages/999999999', '/messages/abc', '/decisions/999999', '/nowhere', '/messages/1%00']) {
    expect((await operator.get(path)).status).toBe(404);
  }
  expect((await operator.post('/audit', {})).status).toBe(405);
});

test('to discard what was picked one is asked why, on a page that knows what it was', async () => {
  const ids = [await add(), await add()];
  const operator = await dlq.operator();
  const list = (await operator.get('/messages?pick=all')).text;
  for (const id of ids) expect(list).toMatch(new RegExp(`name="id" value="${id}"\\s+checked`));
  const back = '/messages?topic=things';
  const asked = await operator.post('/decide', [
    ['action', 'DISCARD'],
    ['back', back],
    ...ids.map((id): [string, string] => ['id', id]),
  ]);
  expect(asked.text).toContain('Discard 2 messages?');
  expect(asked.text).toMatch(/name="reason"[^>]*required/);
  const kept = [...asked.text.matchAll(/name="(id|back)" value="([^"]*)"/g)].map(
    ([, name = '', value = '']): [string, string] => [name, value],
  );
  const done = await operator.post('/decisions', [...kept, ['action', 'DISCARD'], ['reason', 'a test']]);
  expect(done.headers.get('location')).toMatch(/^\/messages\?topic=things&decided=\d+$/);
  expect((await operator.get(done.headers.get('location') ?? '')).text).toContain('2 discarded.');
});

test('a decision needs messages, a discard a reason, and a form must be readable', async () => {
  const id = await add();
  const operator = await dlq.operator();
  await operator.get('/messages');
  const refused = [
    { action: 'REPLAY' },
    { action: 'DISCARD', id },
    { action: 'ERASE', id },
    { action: 'REPLAY', id: 'x' },
  ];
  for (const fields of refused) expect((await operator.post('/decisions', fields)).status).toBe(400);
  expect((await operator.post('/decisions', { action: 'DISCARD', id, reason: 'x'.repeat(70_000) })).status).toBe(400);
  expect((await dlq.messages.find(id))?.status).toBe('NEW');
});
