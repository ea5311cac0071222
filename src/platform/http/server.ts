import { createServer, type Server } from 'node:http';
import type Koa from 'koa';
import type { Lifecycle } from '../lifecycle.ts';

/** An HTTP server for the application, not listening yet, so that live connections can be attached to it. */
export const createHttpServer = (app: Koa): Server => {
  const handle = app.callback();
  return createServer({ keepAliveTimeout: 30_000, requestTimeout: 30_000 }, (request, response) => {
    void handle(request, response);
  });
};

/**
 * Listens. When draining begins nothing new is accepted, and every request in hand is finished before the parts behind
 * it are stopped: register it after what its handlers need.
 * @param lingerMs how long after that requests are still taken: for clients who do not repeat one that meets the end of
 *   its connection. Each connection that is used meanwhile ends with its answer.
 */
export const listen = async (server: Server, port: number, lifecycle: Lifecycle, lingerMs = 0): Promise<void> => {
  server.prependListener('request', (_request, response) => {
    if (lifecycle.draining) response.setHeader('connection', 'close');
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(port, resolve);
  });
  const closed = new Promise<void>((resolve) => server.once('close', resolve));
  // First what has come is read: where the machine is busy a timer goes off before that, and a connection with a request in
  // it would pass for idle.
  const closeIdle = () =>
    setImmediate(() => {
      server.close();
      server.closeIdleConnections();
    });
  const close = () => {
    closeIdle();
    // Those whose last answer had begun before: nothing told their clients that it was the last.
    const again = setInterval(closeIdle, 500);
    void closed.then(() => clearInterval(again));
  };
  lifecycle.signal.addEventListener('abort', () => {
    if (lingerMs === 0) close();
    else setTimeout(close, lingerMs);
  });
  lifecycle.onStop('http', () => closed);
};
