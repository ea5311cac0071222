import type { Server } from 'node:http';
import { setImmediate, setTimeout as sleep } from 'node:timers/promises';

/**
 * How long a connection is kept that nobody uses, in ms: as every answer tells clients, and how much longer in truth. On a busy machine this
 * process may wait its turn for seconds, and would end connections on which a request is waiting.
 */
export const keepAlive = { keepAliveTimeout: 5000, keepAliveTimeoutBuffer: 15_000 };

/**
 * Closes a server whose clients keep their connections, and do not all repeat what they send in the moment that one ends. Each that is used
 * ends with its answer; one that is not is let go by its client, after the time that every answer names, and by us after twice that. Where
 * nobody is connected there is nothing to wait for.
 */
export async function closeGently(server: Server, lingerMs = 2 * server.keepAliveTimeout): Promise<void> {
  server.prependListener('request', (_request, response) => {
    response.setHeader('connection', 'close');
  });
  const until = performance.now() + lingerMs;
  while ((await connections(server)) > 0 && performance.now() < until) await sleep(lookEveryMs);
  await setImmediate(); // What has come meanwhile is read first: a connection with a request in it would pass for idle.
  const closed = new Promise((resolve) => server.close(resolve));
  server.closeIdleConnections();
  await closed;
}

const lookEveryMs = 100;

const connections = (server: Server): Promise<number> =>
  new Promise((resolve, reject) => {
    server.getConnections((error, count) => {
      if (error) reject(error);
      else resolve(count);
    });
  });
