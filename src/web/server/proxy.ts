import { randomUUID } from 'node:crypto';
import { request as httpRequest } from 'node:http';
import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { Duplex } from 'node:stream';
import { patientAgent } from './agent.ts';

const passedOn = ['/api', '/game/socket.io', '/notifications/socket.io'];

/** Whether a request is the gateway's to answer. */
export function isForGateway(url: string | undefined): boolean {
  const path = (url ?? '').split('?', 1)[0] ?? '';
  return passedOn.some((prefix) => path === prefix || path.startsWith(`${prefix}/`));
}

/** What belongs to one connection and is not passed on. */
const hopByHop = ['connection', 'keep-alive', 'proxy-connection', 'te', 'trailer', 'transfer-encoding', 'upgrade'];

function forwarded(request: IncomingMessage): OutgoingHttpHeaders {
  const headers: OutgoingHttpHeaders = { ...request.headers };
  for (const name of hopByHop) Reflect.deleteProperty(headers, name);
  // A chunked body keeps its encoding on the way: its length is not known.
  if (request.headers['transfer-encoding'] !== undefined) headers['transfer-encoding'] = 'chunked';
  const before = request.headers['x-forwarded-for'];
  const address = request.socket.remoteAddress ?? '';
  headers['x-forwarded-for'] = before === undefined ? address : `${String(before)}, ${address}`;
  headers['x-forwarded-host'] ??= request.headers.host;
  return headers;
}

const onlyReads = ({ method, headers }: IncomingMessage): boolean =>
  (method === 'GET' || method === 'HEAD') &&
  headers['content-length'] === undefined &&
  headers['transfer-encoding'] === undefined;

/** Passes requests and WebSockets on to the gateway, for the runs that have no Ingress to do so. */
export function createProxy(gateway: URL) {
  const tls = gateway.protocol === 'https:';
  const send = tls ? httpsRequest : httpRequest;
  const agents = { requests: patientAgent(tls, { keepAlive: true }), live: patientAgent(tls) };
  const live = new Set<Duplex>();
  const target = (request: IncomingMessage) => ({
    hostname: gateway.hostname,
    port: gateway.port,
    method: request.method,
    path: request.url,
  });

  return {
    request(request: IncomingMessage, response: ServerResponse): void {
      const options = { ...target(request), agent: agents.requests, headers: forwarded(request) };
      const upstream = send(options, (answer) => {
        const headers = { ...answer.headers };
        for (const name of hopByHop) Reflect.deleteProperty(headers, name);
        response.writeHead(answer.statusCode ?? 502, headers);
        answer.pipe(response);
        answer.on('error', () => response.destroy());
      });
      upstream.on('error', () => {
        if (response.headersSent || response.destroyed) {
          response.destroy();
          return;
        }
        // The gateway has let go of a connection that was unused until now. What only reads may be asked again (RFC 9110, 9.2.2);
        // at the latest over a new connection there is an answer, or none.
        if (upstream.reusedSocket && onlyReads(request)) {
          this.request(request, response);
          return;
        }
        const correlationId = randomUUID();
        const body = JSON.stringify({ error: 'UNAVAILABLE', detail: 'The game cannot be reached.', correlationId });
        response.writeHead(503, { 'content-type': 'application/json', 'x-correlation-id': correlationId });
        response.end(body);
      });
      response.on('close', () => upstream.destroy());
      request.pipe(upstream);
    },

    upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
      live.add(socket);
      socket.on('close', () => live.delete(socket));
      const headers = { ...forwarded(request), connection: 'Upgrade', upgrade: request.headers.upgrade };
      const upstream = send({ ...target(request), agent: agents.live, headers });
      upstream.on('upgrade', (answer, peer, peerHead) => {
        socket.write(statusLine(answer));
        socket.write(peerHead);
        peer.write(head);
        peer.pipe(socket).pipe(peer);
        peer.on('error', () => socket.destroy());
        peer.on('close', () => socket.destroy());
        socket.on('close', () => peer.destroy());
      });
      // The gateway refused to switch protocols: its answer goes back as it is, and the connection ends.
      upstream.on('response', (answer) => {
        socket.write(statusLine(answer));
        answer.pipe(socket);
      });
      upstream.on('error', () => socket.destroy());
      socket.on('error', () => upstream.destroy());
      upstream.end();
    },

    /** Ends the live connections: their clients open them again, by another replica. */
    closeLive(): void {
      for (const socket of live) socket.destroy();
    },
  };
}

function statusLine(answer: IncomingMessage): string {
  const lines = [`HTTP/1.1 ${answer.statusCode ?? 502} ${answer.statusMessage ?? ''}`];
  for (let i = 0; i < answer.rawHeaders.length; i += 2) {
    const name = answer.rawHeaders[i] ?? '';
    if (name.toLowerCase() !== 'transfer-encoding') lines.push(`${name}: ${answer.rawHeaders[i + 1] ?? ''}`);
  }
  return `${lines.join('\r\n')}\r\n\r\n`;
}
