import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from '@jest/globals';
import { Endpoints } from './endpoints.ts';
import { Upstream, type UpstreamRequest } from './upstream.ts';

const servers: Server[] = [];
const listen = async (handle: RequestListener): Promise<{ host: string; port: number }> => {
  const server = createServer(handle);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { host: '127.0.0.1', port: (server.address() as AddressInfo).port };
};
afterEach(() => {
  for (const server of servers.splice(0)) server.close().closeAllConnections();
});
const post: UpstreamRequest = { method: 'POST', path: '/', headers: {}, body: Buffer.from('{}'), repeatable: false };
const unused = { host: '127.0.0.1', port: 9 };

test('a call that may not be repeated is sent once, whatever becomes of it', async () => {
  let asked = 0;
  const dying = await listen((request) => {
    asked++;
    request.socket.destroy();
  });
  const leaving = await listen((_request, response) => {
    asked++;
    response.writeHead(503).end('{"error":"UNAVAILABLE"}');
  });
  await expect(new Upstream('test', new Endpoints([dying, dying])).call(post)).rejects.toMatchObject({
    code: 'UNAVAILABLE',
  });
  expect(asked).toBe(1);
  expect(await new Upstream('test', new Endpoints([leaving])).call(post)).toMatchObject({ status: 503 });
  expect(asked).toBe(2);
});

test('where no connection comes about nothing was sent, so any call goes on to another replica', async () => {
  const there = await listen((_request, response) => response.end('here'));
  const upstream = new Upstream('test', new Endpoints([unused, there]));
  for (let index = 0; index < 5; index++) {
    const { body } = await upstream.call({ ...post, stickyKey: `key ${index}` });
    expect(body.toString()).toBe('here');
  }
});

test('a replica that dies in the middle of its answer has not answered', async () => {
  const torn = await listen((_request, response) => {
    response.writeHead(200, { 'content-length': '100' });
    response.write('half', () => response.destroy());
  });
  const whole = await listen((_request, response) => response.end('whole'));
  const upstream = new Upstream('test', new Endpoints([torn, whole]));
  const answers = await Promise.all(
    Array.from({ length: 10 }, (_, index) => upstream.call({ ...post, repeatable: true, stickyKey: `key ${index}` })),
  );
  expect(answers.every(({ status, body }) => status === 200 && body.toString() === 'whole')).toBe(true);
});

test('what its sender has given up is not sent again', async () => {
  const silent = await listen(() => undefined);
  const begun = performance.now();
  const call = new Upstream('test', new Endpoints([silent])).call({ ...post, signal: AbortSignal.timeout(100) });
  await expect(call).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  expect(performance.now() - begun).toBeLessThan(1000);
});
