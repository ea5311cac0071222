import { createHash, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { Server } from 'socket.io';
import { io, type Socket } from 'socket.io-client';
import { ownFolder, type OwnFolder } from '../../tests/folder.ts';
import { createDatabase, type TestDatabase } from '../../tests/servers.ts';
import { migrations } from './identity/migrations/index.ts';
import { Replica, startGateway, type Gateway } from './test-gateway.ts';

// Real: the gateway as a process, socket.io's own server and client, over WebSocket and by polling.
let folder: OwnFolder;
let database: TestDatabase;
let gateway: Gateway;
const replicas = [new Replica('one'), new Replica('two'), new Replica('three')] as const;
const clients: Socket[] = [];

/** Says who it is and what it was asked with, sends back what it gets, and says goodbye when it is told to. */
const serveLive = (replica: Replica): Server => {
  const server = new Server(replica.server, { path: '/game/socket.io', serveClient: false });
  server.on('connection', (socket) => {
    const { headers, auth } = socket.handshake;
    socket.emit('hello', { replica: replica.name, headers, token: String(auth['token']) });
    socket.on('echo', (text: string, acknowledge: (text: string) => void) => acknowledge(text));
  });
  return server;
};
const live = new Map<Replica, Server>();

/** Connections that nothing but their own id keeps at a replica: it begins with what the gateway calls the replica. */
const serveNotifications = (replica: Replica) => {
  const server = new Server(replica.server, { path: '/notifications/socket.io', serveClient: false });
  server.engine.generateId = ({ headers }: IncomingMessage) => {
    const endpoint = String(headers['x-idempo-endpoint']);
    return `${createHash('sha256').update(endpoint).digest('hex').slice(0, 8)}-${randomUUID()}`;
  };
  server.on('connection', (socket) => socket.emit('hello', { replica: replica.name }));
};

const start = async (replica: Replica) => {
  live.set(replica, serveLive(replica));
  serveNotifications(replica);
  await replica.start();
};

beforeAll(async () => {
  folder = await ownFolder('gateway-live');
  database = await createDatabase(migrations);
  await Promise.all(replicas.map(start));
  gateway = await startGateway(folder.path, database.as('gateway'), [...replicas]);
});
afterEach(() => {
  for (const client of clients.splice(0)) client.close();
});
afterAll(async () => {
  await gateway.process.stop();
  for (const server of live.values()) await server.close();
  await database.drop();
  folder.remove();
});

interface Hello {
  replica: string;
  headers: Record<string, string | undefined>;
  token: string;
}
const open = (match: string, options: { transports?: string[]; url?: string } = {}): Socket => {
  const { transports = ['websocket'], url = gateway.url } = options;
  const client = io(url, {
    path: '/game/socket.io',
    transports,
    query: { match },
    auth: { token: 'the-token-of-the-match' },
    reconnectionDelay: 50,
    reconnectionDelayMax: 200,
    forceNew: true,
  });
  clients.push(client);
  return client;
};
const hello = async (client: Socket): Promise<Hello> =>
  new Promise((resolve) => {
    client.once('hello', resolve);
  });

test.each([['websocket'], ['polling']])('messages go both ways over %s', async (transport) => {
  const client = open('m', { transports: [transport] });
  const { token, headers } = await hello(client);
  expect(token).toBe('the-token-of-the-match');
  expect(headers['x-correlation-id']).toMatch(/^[0-9a-f-]{36}$/);
  for (const length of [1, 1000, 12_000]) {
    const text = 'é'.repeat(length / 2);
    expect(await client.emitWithAck('echo', text)).toBe(text);
  }
});

test('a connection that begins by polling is upgraded at the same replica', async () => {
  const client = open('upgraded', { transports: ['polling', 'websocket'] });
  await hello(client);
  while (client.io.engine.transport.name !== 'websocket') await sleep(20);
  expect(await client.emitWithAck('echo', 'still here')).toBe('still here');
});

test('connections of one match are at one replica, over both transports; those of many at all', async () => {
  const used = new Set<string>();
  // Twelve may by chance be all at two of the three; a hundred are not.
  for (let match = 0; match < 12 || (used.size < 3 && match < 100); match++) {
    const transports = [['websocket'], ['websocket'], ['polling']];
    const greetings = await Promise.all(transports.map((each) => hello(open(`match ${match}`, { transports: each }))));
    expect(new Set(greetings.map(({ replica }) => replica)).size).toBe(1);
    used.add(greetings[0]?.replica ?? '');
  }
  expect(used.size).toBe(3);
});

test.each([[['polling']], [['polling', 'websocket']]])(
  'without a parameter connections stick by their id, over %s',
  async (transports) => {
    const names = await Promise.all(
      Array.from({ length: 12 }, async () => {
        const client = io(gateway.url, {
          path: '/notifications/socket.io',
          transports,
          forceNew: true,
          reconnection: false,
        });
        clients.push(client);
        return new Promise<string>((resolve, reject) => {
          client.once('hello', ({ replica }: { replica: string }) => resolve(replica)).once('connect_error', reject);
        });
      }),
    );
    expect(new Set(names).size).toBeGreaterThan(1);
  },
);

test('when its replica is killed a connection is taken up by another', async () => {
  const client = open('moving');
  const first = await hello(client);
  const home = replicas.find(({ name }) => name === first.replica);
  if (!home) throw new Error('unknown replica');
  const again = hello(client);
  await live.get(home)?.close();
  await home.kill().catch(() => undefined); // socket.io has closed it already.
  expect((await again).replica).not.toBe(first.replica);
});

const raw = async (request: string): Promise<string> => {
  const { hostname, port } = new URL(gateway.url);
  const socket = connect(Number(port), hostname);
  let received = '';
  socket.on('data', (data) => (received += data.toString()));
  socket.write(request);
  await Promise.race([once(socket, 'close'), sleep(3000)]);
  socket.destroy();
  return received;
};
const upgrade = (path: string, headers: string[] = []) =>
  [
    `GET ${path} HTTP/1.1`,
    'host: gateway',
    'connection: Upgrade',
    'upgrade: websocket',
    'sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==',
    'sec-websocket-version: 13',
    ...headers,
    '\r\n',
  ].join('\r\n');

test('a handshake that is refused never becomes a pipe to the replica', async () => {
  for (const replica of replicas) replica.seen.length = 0;
  const smuggled =
    'GET /matches HTTP/1.1\r\nhost: x\r\nx-idempo-player-id: 3b241101-e2bb-4255-8caf-4136c566a962\r\n\r\n';
  const answer = await raw(upgrade('/game/socket.io/?EIO=4&transport=nonsense&match=m') + smuggled);
  expect(answer).toMatch(/^HTTP\/1\.1 400 Bad Request\r\nconnection: close\r\n/);
  expect(answer.match(/HTTP\/1\.1/g)).toHaveLength(1);
  expect(replicas.flatMap(({ seen }) => seen)).toEqual([]);
});

test('there is no way to other paths, and the answer says so', async () => {
  for (const path of [
    '/',
    '/matches',
    '/api/matches',
    '/game/socket.io/../../matches',
    '/game/socket.iox/',
    '//x',
    'x',
  ]) {
    const answer = await raw(upgrade(path));
    expect([path, answer]).toEqual([path, expect.stringMatching(/^HTTP\/1\.1 40[04] /)]);
  }
  expect(await raw(upgrade('/other/socket.io/?EIO=4&transport=websocket'))).toMatch(/"error":"NOT_FOUND"/);
});

test('nothing from outside goes with a handshake but what it needs', async () => {
  const begun = hello(open('headers'));
  const { headers } = await begun;
  expect(Object.keys(headers).sort()).toEqual([
    'connection',
    'host',
    'sec-websocket-extensions',
    'sec-websocket-key',
    'sec-websocket-version',
    'upgrade',
    'x-correlation-id',
    'x-idempo-endpoint',
  ]);
});

test('connections that are refused or torn leave the gateway standing', async () => {
  const { hostname, port } = new URL(gateway.url);
  for (let index = 0; index < 50; index++) {
    const socket = connect(Number(port), hostname);
    socket.on('error', () => undefined);
    socket.write(upgrade('/game/socket.io/?EIO=4&transport=websocket&match=torn').slice(0, index * 5 + 1));
    setTimeout(() => (index % 2 === 0 ? socket.destroy() : socket.resetAndDestroy()), index % 7);
  }
  await sleep(100);
  await hello(open('after'));
});

test('a gateway that is stopped lets go of its connections at once, takes requests a while longer, and ends with 0', async () => {
  const leaving = await startGateway(folder.path, database.as('gateway'), [...replicas]);
  const over = [open('a', { url: leaving.url }), open('b', { url: leaving.url, transports: ['polling'] })];
  await Promise.all(over.map(hello));
  const disconnected = over.map((client) => new Promise((resolve) => client.once('disconnect', resolve)));
  const ended = leaving.process.stop();
  await Promise.all(disconnected);
  expect((await fetch(`${leaving.url}/api/auth/jwks`)).status).toBe(200);
  for (const client of over) client.close();
  await ended;
});
