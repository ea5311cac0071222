import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import { join } from 'node:path';
import next from 'next';
import { loadWebConfig } from './config.ts';
import { closeGently, keepAlive } from './drain.ts';
import { secure } from './headers.ts';
import { createProxy, isForGateway } from './proxy.ts';

/**
 * The one process of the page: Next behind security headers, the way to the gateway where no Ingress is, and probes.
 * `dev` as the argument serves from the sources with hot reload; without it, from the build that this file was put in.
 */
const development = process.argv[2] === 'dev';
const config = loadWebConfig();
const dir = development ? join(import.meta.dirname, '..') : import.meta.dirname;
if (!development) {
  Object.assign(process.env, { NODE_ENV: 'production' });
  const manifest: { config: unknown } = JSON.parse(
    readFileSync(join(dir, '.next/required-server-files.json'), 'utf8'),
  ) as { config: unknown };
  // What Next's own standalone server does: the configuration comes from the build, there is no next.config to load.
  process.env['__NEXT_PRIVATE_STANDALONE_CONFIG'] = JSON.stringify(manifest.config);
}

const app = next({ dev: development, dir, port: config.port });
await app.prepare();
const page = app.getRequestHandler();
const hotReload = app.getUpgradeHandler();
const proxy = createProxy(config.gateway);

const server = createServer(keepAlive, (request, response) => {
  if (isForGateway(request.url)) {
    proxy.request(request, response);
    return;
  }
  secure(request, response, development);
  void page(request, response);
});
server.on('upgrade', (request, socket, head) => {
  if (isForGateway(request.url)) proxy.upgrade(request, socket, head);
  else if (development) void hotReload(request, socket, head);
  else socket.destroy();
});

let stopping = false;
const management = createServer((request, response) => {
  const known = request.url === '/livez' || request.url === '/readyz';
  const status = !known ? 404 : request.url === '/readyz' && stopping ? 503 : 200;
  response.writeHead(status, { 'content-type': 'text/plain' }).end(status === 200 ? 'ok' : '');
});

const listen = (listener: Server, port: number) => new Promise<void>((done) => listener.listen(port, done));
await listen(management, config.managementPort);
await listen(server, config.port);
console.log(JSON.stringify({ level: 'info', service: 'web', msg: `listening on ${config.port}` }));

function stop(): void {
  if (stopping) return;
  stopping = true;
  // Requests in hand are answered first; the live connections end with the proxy.
  proxy.closeLive();
  void closeGently(server).then(() => process.exit(0));
  setTimeout(() => process.exit(0), 25_000).unref();
}
process.on('SIGTERM', stop);
process.on('SIGINT', stop);
