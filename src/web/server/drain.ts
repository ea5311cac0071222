import type { Server } from 'node:http';

/**
 * Closes a server whose clients keep their connections, and do not all repeat what they send in the moment that one ends. Each that is used
 * ends with its answer; one that is not is let go by both sides, after the time that every answer names.
 */
export async function closeGently(server: Server, lingerMs = server.keepAliveTimeout): Promise<void> {
  server.prependListener('request', (_request, response) => {
    response.setHeader('connection', 'close');
  });
  await new Promise((resolve) => setTimeout(resolve, lingerMs));
  const closed = new Promise((resolve) => server.close(resolve));
  server.closeIdleConnections();
  await closed;
}
