import { Agent, createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from '@jest/globals';
import { closeGently } from './drain.ts';

const agent = new Agent({ keepAlive: true, maxSockets: 1 });
afterEach(() => agent.destroy());

/** The status, and whether a connection was used again for it. */
const ask = (port: number): Promise<{ status: number | undefined; again: boolean }> =>
  new Promise((resolve, reject) => {
    const sent = request({ port, agent, method: 'POST' }, (answer) => {
      answer.resume().once('end', () => resolve({ status: answer.statusCode, again: sent.reusedSocket }));
    });
    sent.once('error', reject).end('x');
  });

const listening = async () => {
  const server = createServer((incoming, response) => {
    incoming.resume().once('end', () => response.end());
  });
  await new Promise<void>((done) => server.listen(0, done));
  return { server, port: (server.address() as AddressInfo).port };
};

test('a client that keeps its connection has its answer while the server closes, and then no connection', async () => {
  const { server, port } = await listening();
  expect(await ask(port)).toEqual({ status: 200, again: false });
  const closed = closeGently(server, 200);
  expect(await ask(port)).toEqual({ status: 200, again: true });
  await closed;
  await expect(ask(port)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
});

test('where nobody is connected, or any more, it does not wait', async () => {
  const { server, port } = await listening();
  await ask(port);
  agent.destroy();
  await closeGently(server, 3_600_000);
});
