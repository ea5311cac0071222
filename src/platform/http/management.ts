import { createServer, type Server } from 'node:http';
import type { ProcessLifecycle } from '../lifecycle.ts';
import { metricsRegistry } from '../telemetry/metrics.ts';

/** /metrics, /livez and /readyz on a port of its own, which no gateway forwards to. */
export const startManagementServer = async (port: number, lifecycle: ProcessLifecycle): Promise<Server> => {
  const server = createServer((request, response) => {
    const answer = (status: number, body: string, type = 'text/plain') => {
      response.writeHead(status, { 'content-type': type }).end(body);
    };
    switch (request.url) {
      case '/livez':
        answer(200, 'ok\n');
        return;
      case '/readyz':
        void lifecycle.notReady().then((parts) => {
          if (parts.length === 0) answer(200, 'ok\n');
          else answer(503, `not ready: ${parts.join(', ')}\n`);
        });
        return;
      case '/metrics':
        metricsRegistry.metrics().then(
          (text) => {
            answer(200, text, metricsRegistry.contentType);
          },
          () => {
            answer(500, 'metrics could not be collected\n');
          },
        );
        return;
      default:
        answer(404, 'not found\n');
    }
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(port, resolve);
  });
  return server;
};
