import { createServer, request, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, test } from '@jest/globals';
import { freePort } from '../../../scripts/lib/ports.ts';
import { createProxy, isForGateway } from './proxy.ts';

test.each([
  ['/api', true],
  ['/api/matches?page=2', true],
  ['/game/socket.io/?EIO=4', true],
  ['/notifications/socket.io', true],
  ['/', false],
  ['/apiary', false],
  ['/game', false],
  [undefined, false],
])('%s is for the gateway: %s', (url, expected) => {
  expect(isForGateway(url)).toBe(expected);
});

describe('what is passed on', () => {
  const servers: Server[] = [];
  afterEach(() => {
    for (const server of servers.splice(0)) {
      server.closeAllConnections();
      server.close();
    }
  });
  const listen = async (server: Server): Promise<string> => {
    servers.push(server);
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  };
  const inFrontOf = (gateway: string) => {
    const proxy = createProxy(new URL(gateway));
    const server = createServer((incoming, response) => proxy.request(incoming, response));
    server.on('upgrade', (incoming, socket, head) => proxy.upgrade(incoming, socket, head));
    return { proxy, url: listen(server) };
  };

  test('a request keeps its method, path and body, and gains the address it came from', async () => {
    const gateway = createServer((incoming, response) => {
      incoming.toArray().then(
        (body) => {
          const { method, url, headers } = incoming;
          response.setHeader('x-correlation-id', 'c');
          response.end(JSON.stringify({ method, url, from: headers['x-forwarded-for'], body: body.join('') }));
        },
        () => response.destroy(),
      );
    });
    const url = await inFrontOf(await listen(gateway)).url;
    const answer = await fetch(`${url}/api/x?y=1`, { method: 'POST', body: 'hello' });
    expect(answer.headers.get('x-correlation-id')).toBe('c');
    expect(await answer.json()).toEqual({ method: 'POST', url: '/api/x?y=1', from: '127.0.0.1', body: 'hello' });
  });

  test('without a gateway the answer is 503 with a body that clients know, after 5 s', async () => {
    const url = await inFrontOf('http://127.0.0.1:1').url;
    const answer = await fetch(`${url}/api/x`);
    expect(answer.status).toBe(503);
    expect(await answer.json()).toMatchObject({ error: 'UNAVAILABLE' });
  });

  test('a gateway that is being replaced is waited for, and has all of the request', async () => {
    const port = await freePort();
    const answer = fetch(`${await inFrontOf(`http://127.0.0.1:${port}`).url}/api/x`, { method: 'POST', body: 'hello' });
    await sleep(700);
    const after = createServer((incoming, response) => void incoming.pipe(response));
    servers.push(after);
    await new Promise<void>((done) => after.listen(port, '127.0.0.1', done));
    expect(await (await answer).text()).toBe('hello');
  });

  test('what only reads is asked again where the gateway lets go of a connection that is used again; what acts is not', async () => {
    const uses = new WeakMap<Socket, number>();
    const asked: string[] = [];
    const gateway = createServer((incoming, response) => {
      const use = (uses.get(incoming.socket) ?? 0) + 1;
      uses.set(incoming.socket, use);
      asked.push(`${incoming.method} ${use}`);
      if (use > 1) incoming.socket.destroy();
      else response.end('here');
    });
    const url = await inFrontOf(await listen(gateway)).url;
    const status = async (method: string) => (await fetch(`${url}/api/x`, { method })).status;
    expect([await status('GET'), await status('GET'), await status('POST')]).toEqual([200, 200, 503]);
    expect(asked).toEqual(['GET 1', 'GET 2', 'GET 1', 'POST 2']);
  });

  test('a live connection carries bytes both ways until it is closed', async () => {
    const gateway = createServer();
    gateway.on('upgrade', (_incoming, socket) => {
      socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n');
      socket.pipe(socket);
    });
    const { proxy, url } = inFrontOf(await listen(gateway));
    const opening = request(`${await url}/game/socket.io/`, { headers: { connection: 'Upgrade', upgrade: 'echo' } });
    const [, socket] = await new Promise<[IncomingMessage, IncomingMessage['socket']]>((resolve) => {
      opening.on('upgrade', (answer, connection) => resolve([answer, connection]));
      opening.end();
    });
    const echoed = new Promise((resolve) => socket.once('data', (bytes: Buffer) => resolve(bytes.toString())));
    socket.write('ping');
    expect(await echoed).toBe('ping');
    const closed = new Promise((resolve) => socket.once('close', resolve));
    proxy.closeLive();
    await closed;
  });
});
