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
 * Listens, and on draining finishes every request in hand before the parts behind it are stopped: register it after
 * what its handlers need.
 */
export const listen = async (server: Server, port: number, lifecycle: Lifecycle): Promise<void> => {
  server.prependListener('request', (_request, response) => {
    if (lifecycle.draining) response.setHeader('connection', 'close');
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(port, resolve);
  });
  lifecycle.onStop('http', async () => {
    await new Promise<void>((resolve) => {
      server.close(() => {
        resolve();
      });
      server.closeIdleConnections();
    });
  });
};
