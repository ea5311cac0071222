import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { Pool } from 'undici';
import { ApiClient, type LiveSocket } from '../../scripts/lib/load/client.ts';
import { withKafkaAdmin } from '../../scripts/lib/kafka.ts';
import type { Platform } from '../../scripts/lib/platform.ts';
import { ActionId } from '../../src/contracts/ids.ts';
import { ActionRequest } from '../../src/contracts/match.ts';
import { routes, type RouteContract } from '../../src/contracts/routes.ts';
import { startTestPlatform } from '../platform.ts';
import { gameDatabase } from './audit.ts';
import { mutated, oddity, sample, spoilt, type Document, type Schema } from './malformed.ts';
import { malformedHttp, malformedLive, raw, type Bytes } from './malformed-bytes.ts';
import { seeded, type Random, say } from './random.ts';
import { unlimited } from './settings.ts';
import { sitDown, type Table } from './table.ts';

// Real: everything. What is sent is never valid, so nothing may come of it.
const share = Number(process.env.FUZZ_COUNT ?? 10_000) / 10_000;
const atOnce = 16;

let platform: Platform;
let api: ApiClient;
let pool: Pool;
let table: Table;
let token: string;
let document: Document;
let random: Random;
let before: unknown;
let pids: unknown;
const statuses = new Map<string, number>();
const trouble: string[] = [];

const snapshot = async (): Promise<unknown> => ({
  topics: await withKafkaAdmin(platform.servers.facts.kafka, (admin) => admin.fetchTopicOffsets('player-actions')),
  tables: await gameDatabase(platform, async (client) => {
    const all: Record<string, unknown> = {};
    for (const name of ['matches', 'match_players', 'player_actions', 'identity.accounts', 'identity.sessions']) {
      const { rows } = await client.query<{ digest: string }>(
        `select count(*) || ' ' || coalesce(md5(string_agg(t::text, '|' order by t::text)), '') as digest from ${name} t`,
      );
      all[name] = rows[0]?.digest;
    }
    return all;
  }),
});

beforeEach(() => {
  trouble.length = 0;
});
beforeAll(async () => {
  platform = await startTestPlatform({
    replicas: { game: 2 },
    rules: { maxPlayers: 2, matchSeconds: 3600 },
    env: unlimited,
  });
  api = new ApiClient(platform.gatewayUrl);
  pool = new Pool(platform.gatewayUrl, { connections: atOnce });
  table = await sitDown(api, 2);
  token = table.players[0]?.session.accessToken ?? '';
  document = (await api.call<Document>('GET', '/openapi.json')).body;
  random = seeded('fuzz');
  await sleep(1000);
  before = await snapshot();
  pids = platform.replicas.map(({ process }) => process.pid);
});
afterAll(async () => {
  await pool.destroy();
  await api.close();
  await platform.stop();
});

const note = (kind: string, what: string, sent: string): void => {
  const key = `${kind} ${what}`;
  statuses.set(key, (statuses.get(key) ?? 0) + 1);
  if (/^5\d\d/.test(what)) trouble.push(`${kind}: ${what} for ${sent.slice(0, 500)}`);
};

const many = async (count: number, work: () => Promise<void>): Promise<void> => {
  let left = Math.ceil(count * share);
  const worker = async () => {
    while (left-- > 0) await work();
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
};

/** A field of `where` as the API wants it, and the same with something wrong. */
const contracts: RouteContract[] = Object.values(routes);
const contractOf = (method: string, path: string): RouteContract | undefined =>
  contracts.find((one) => one.method === method && one.path.replaceAll(/:(\w+)/g, '{$1}') === path);

const calls = () =>
  Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method: method.toUpperCase(), operation })),
  );

/** In a form that fits into a URL or a header. */
const oddText = (): string =>
  encodeURIComponent(JSON.stringify(oddity(random)).toWellFormed().slice(0, 2000).toWellFormed());

const malformedCall = () => {
  const { path, method, operation } = random.pick(calls()) ?? { path: '/', method: 'GET', operation: {} };
  const contract = contractOf(method, path);
  const bodySchema: Schema | undefined = operation.requestBody?.content['application/json'].schema;
  const fill = (schema: Schema) => sample(document, schema, random);
  const headers: Record<string, string> = {
    'content-type': random.chance(0.9)
      ? 'application/json'
      : random.pick(['text/plain', 'application/xml', 'application/json; charset=utf-7', 'multipart/form-data', 'x']),
    authorization: `Bearer ${random.chance(0.8) ? token : random.pick(['x', `${token}x`, 'eyJhbGciOiJub25lIn0.e30.', 'a.b.c', token.slice(9)])}`,
  };
  let target = `/api${path.replaceAll('{id}', random.chance(0.7) ? table.matchId : oddText())}`;
  const key = random.chance(0.5) ? randomUUID() : oddText();
  headers['x-idempotency-key'] = key;
  // What takes no body is spoilt elsewhere.
  if (bodySchema === undefined || !contract?.body) {
    const spoil = random.below(3);
    if (spoil === 0) target += `?limit=${oddText()}&page=-1`;
    else if (spoil === 1)
      target += random.pick([
        '/',
        '/..%2f',
        '%00',
        '%ff',
        '//',
        '/x'.repeat(500),
        '?%',
        ';a=b',
        '?page=1&page=2',
        '?__proto__[a]=1',
      ]);
    else
      return {
        method: random.pick(['PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS']),
        target,
        headers,
        body: undefined,
      };
    return { method, target, headers, body: undefined };
  }
  const good = fill(bodySchema);
  if (random.chance(0.25)) return { method, target, headers, body: spoilt(JSON.stringify(good), random) };
  for (;;) {
    const bad = mutated(good, random);
    const text = JSON.stringify(bad);
    if (contract.body.safeParse(JSON.parse(text)).success) continue;
    return { method, target, headers, body: Buffer.from(text) };
  }
};

const isUnspoilt = ({ body, method, target }: ReturnType<typeof malformedCall>): boolean => {
  if (method !== 'POST') return false;
  const text = body?.toString() ?? '';
  const contract = contracts.find(
    (one) => one.method === 'POST' && `/api${one.path}`.replace(':id', table.matchId) === target,
  );
  if (!contract?.body) return false;
  try {
    return contract.body.safeParse(text === '' ? undefined : JSON.parse(text)).success;
  } catch {
    return false;
  }
};

test('requests that the document does not allow', async () => {
  await many(5500, async () => {
    let call = malformedCall();
    while (isUnspoilt(call)) call = malformedCall();
    const { method, target, headers, body } = call;
    const sent = `${method} ${target} ${JSON.stringify(headers)} ${body?.toString() ?? ''}`;
    try {
      const answer = await pool.request({
        method,
        path: target,
        headers,
        body: body ?? null,
        headersTimeout: 20_000,
      });
      const text = await answer.body.text();
      note('http', String(answer.statusCode), sent);
      const isError = answer.statusCode >= 400 && method !== 'HEAD';
      if (isError && answer.statusCode !== 431 && !text.includes('"correlationId"')) trouble.push(`${sent}: ${text}`);
    } catch (error) {
      trouble.push(`${sent}: ${String(error)}`);
    }
  });
  expect(trouble.slice(0, 10)).toEqual([]);
}, 180_000);

test('actions over the live connection that the document does not allow', async () => {
  const [player] = table.players;
  if (!player) throw new Error('nobody is there');
  let socket: LiveSocket | undefined;
  await player.connect((opened) => (socket = opened));
  const schema = document.components.schemas.ActionRequest ?? {};
  await many(3000, async () => {
    const good = { ...(sample(document, schema, random) as object), actionId: randomUUID() };
    let bad = mutated(good, random);
    const isAction = (value: unknown): boolean => {
      if (typeof value !== 'object' || value === null || !('actionId' in value)) return false;
      const { actionId, ...request } = value;
      return ActionRequest.safeParse(request).success && ActionId.safeParse(actionId).success;
    };
    while (isAction(JSON.parse(JSON.stringify(bad)))) bad = mutated(good, random);
    const emit = socket?.timeout(10_000).emitWithAck.bind(socket.timeout(10_000)) as (
      name: string,
      ...rest: unknown[]
    ) => Promise<unknown>;
    const answer = (await emit('action', bad).catch((error: unknown) => ({ status: String(error) }))) as {
      status: unknown;
    };
    note('live', String(answer.status), JSON.stringify(bad));
    if (answer.status !== 400) trouble.push(`${JSON.stringify(bad).slice(0, 300)}: ${JSON.stringify(answer)}`);
  });
  player.close();
  expect(trouble.slice(0, 10)).toEqual([]);
}, 120_000);

const asText = (parts: Bytes) =>
  parts.map((part) => (typeof part === 'string' ? part : part.toString('latin1'))).join('');
const statusIn = (heard: string) => /^HTTP\/1\.1 (\d{3})/.exec(heard)?.[1] ?? 'ended';

test('bytes that are no HTTP, or hardly', async () => {
  const gameUrl = platform.of('game')[0]?.url ?? '';
  const forms = malformedHttp(token, random);
  await many(600, async () => {
    const parts = random.pick(forms)?.() ?? [];
    const sent = asText(parts);
    note('tcp', statusIn(await raw(random.chance(0.8) ? platform.gatewayUrl : gameUrl, parts)), sent);
  });
  expect(trouble.slice(0, 10)).toEqual([]);
}, 120_000);

test('packets and frames that are no socket.io', async () => {
  const forms = malformedLive(table.matchId, table.joined[0]?.wsToken ?? '', random);
  await many(900, async () => {
    const parts = random.pick(forms)?.() ?? [];
    const heard = await raw(platform.gatewayUrl, parts);
    note('socket.io', statusIn(heard), asText(parts));
    // An acknowledgement tells of no success, and of no fault of ours.
    if (/"status":(5|2)\d\d/.test(heard)) trouble.push(heard);
  });
  expect(trouble.slice(0, 10)).toEqual([]);
}, 120_000);

test('afterwards nothing has changed, nobody has died, and the game goes on', async () => {
  say(JSON.stringify(Object.fromEntries([...statuses].sort())));
  expect([...statuses.values()].reduce((sum, count) => sum + count, 0)).toBeGreaterThanOrEqual(10_000 * share);
  expect(await snapshot()).toEqual(before);
  expect(platform.replicas.map(({ process }) => process.pid)).toEqual(pids);
  for (const { process } of platform.replicas) expect(process.endOfLog()).not.toContain('unexpected error');
  const [player] = table.players;
  if (!player) throw new Error('nobody is there');
  await player.connect();
  expect(await player.act({ type: 'defend' })).toMatchObject({ status: 200 });
});
