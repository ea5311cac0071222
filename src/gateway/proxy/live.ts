import { randomUUID } from 'node:crypto';
import { request as httpRequest, STATUS_CODES, type IncomingMessage, type Server } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { CorrelationId } from '../../contracts/ids.ts';
import { ApiError } from '../../platform/errors.ts';
import { asApiError, errorBody } from '../../platform/http/app.ts';
import type { Lifecycle } from '../../platform/lifecycle.ts';
import { endpointHeader, replicaKey, type Endpoint } from './endpoints.ts';
import type { Upstream } from './upstream.ts';

/** Where a live connection leads. */
export interface LiveUpstream {
  upstream: Upstream;
  /** The query parameter by which connections stick to a replica; without one they stick by their own id. */
  sticky?: string;
}

/** By the path of the connection, with its slash at the end. */
export type LiveUpstreams = ReadonlyMap<string, LiveUpstream>;

/**
 * What keeps the requests of a connection at one replica: its parameter, or the replica that its id names. Replicas
 * that are not asked by a parameter begin the id of a connection with their own (`endpointHeader`).
 */
export const stickyKeyOf = (url: URL, { sticky }: LiveUpstream): string | undefined => {
  const given = sticky === undefined ? null : url.searchParams.get(sticky);
  if (given !== null) return given;
  const sid = url.searchParams.get('sid');
  return sid === null ? undefined : sticky === undefined ? replicaKey(sid.slice(0, sid.indexOf('-'))) : sid;
};

/** What a WebSocket handshake needs; nothing else from outside goes further. */
const passedOn = [
  'connection',
  'upgrade',
  'origin',
  'sec-websocket-key',
  'sec-websocket-version',
  'sec-websocket-extensions',
  'sec-websocket-protocol',
];
const handshakeMs = 3000;
const drainMs = 3000;

interface Handshake {
  response: IncomingMessage;
  /** With an answer of 101: the connection, and what came on it already. */
  switched?: { socket: Socket; head: Buffer };
}

/**
 * Passes WebSocket connections through to the replica that they stick to. After the handshake bytes are piped as they
 * are, and no frame is looked at; a handshake that is refused never becomes a pipe, or a client could speak to the
 * replica past the gateway. On draining each connection ends after what the replica has yet to say.
 * @param admit throws what keeps a request from being passed on
 */
export const passLiveConnections = (
  server: Server,
  upstreams: LiveUpstreams,
  lifecycle: Lifecycle,
  admit: (request: IncomingMessage) => Promise<void>,
): void => {
  const open = new Map<Duplex, Socket>();

  const pass = async (request: IncomingMessage, client: Duplex, head: Buffer, correlationId: string) => {
    if (lifecycle.draining) throw new ApiError('UNAVAILABLE', 'This gateway is going away; connect again.');
    const url = URL.parse(request.url ?? '', 'http://gateway');
    const live = url ? upstreams.get(url.pathname) : undefined;
    if (!url || !live || request.method !== 'GET') throw new ApiError('NOT_FOUND', 'There is nothing at this path.');
    await admit(request);
    const gone = new AbortController();
    const giveUp = () => gone.abort();
    client.once('close', giveUp);
    const { response, switched } = await live.upstream.ask(
      stickyKeyOf(url, live),
      (endpoint) => shakeHands(endpoint, request, correlationId, gone.signal),
      (outcome) => !gone.signal.aborted && ('error' in outcome || outcome.answer.response.statusCode === 503),
    );
    client.off('close', giveUp);
    if (!switched) {
      answer(client, response.statusCode ?? 502, correlationId, await text(response));
      return;
    }
    open.set(client, switched.socket);
    client.once('close', () => open.delete(client));
    client.write(headOf(101, { ...handshakeHeaders(response), 'x-correlation-id': correlationId }));
    join(client, head, switched.socket, switched.head);
  };

  server.on('upgrade', (request: IncomingMessage, client: Duplex, head: Buffer) => {
    const given = CorrelationId.safeParse(request.headers['x-correlation-id']);
    const correlationId = given.success ? given.data : randomUUID();
    // A client that goes away is nothing to report; the pipe's end sees to the rest.
    client.on('error', () => client.destroy());
    pass(request, client, head, correlationId).catch((error: unknown) => {
      const known = asApiError(error);
      answer(client, known.status, correlationId, JSON.stringify(errorBody(known, correlationId)), known.retryAfterMs);
    });
  });

  lifecycle.onStop('live connections', async () => {
    for (const upstream of open.values()) upstream.end();
    const late = Date.now() + drainMs;
    while (open.size > 0 && Date.now() < late) await sleep(20);
    for (const client of open.keys()) client.destroy();
  });
};

const shakeHands = (
  endpoint: Endpoint,
  request: IncomingMessage,
  correlationId: string,
  signal: AbortSignal,
): Promise<Handshake> =>
  new Promise((resolve, reject) => {
    const headers: Record<string, string> = { 'x-correlation-id': correlationId, ...endpointHeader(endpoint) };
    for (const name of passedOn) {
      const value = request.headers[name];
      if (typeof value === 'string') headers[name] = value;
    }
    const outgoing = httpRequest({
      host: endpoint.host,
      port: endpoint.port,
      path: request.url,
      headers,
      agent: false,
      timeout: handshakeMs,
      signal,
    });
    outgoing
      .once('upgrade', (response, socket: Socket, head) => resolve({ response, switched: { socket, head } }))
      .once('response', (response) => resolve({ response }))
      .once('timeout', () => outgoing.destroy(new Error('no answer to the handshake')))
      .once('error', reject)
      .end();
  });

/** Both ends live and die together, each after the last bytes of the other. */
const join = (client: Duplex, clientHead: Buffer, upstream: Socket, upstreamHead: Buffer): void => {
  upstream.setTimeout(0);
  upstream.setNoDelay(true);
  upstream.on('error', () => upstream.destroy());
  upstream.once('close', () => client.end());
  client.once('close', () => upstream.destroy());
  if (client.destroyed) upstream.destroy();
  if (clientHead.length > 0) upstream.write(clientHead);
  if (upstreamHead.length > 0) client.write(upstreamHead);
  upstream.pipe(client).pipe(upstream);
};

const handshakeHeaders = (response: IncomingMessage): Record<string, string> => {
  const headers: Record<string, string> = { connection: 'Upgrade', upgrade: 'websocket' };
  for (const [name, value] of Object.entries(response.headers)) {
    if (name.startsWith('sec-websocket-') && typeof value === 'string') headers[name] = value;
  }
  return headers;
};

const headOf = (status: number, headers: Record<string, string>): string =>
  `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\n` +
  Object.entries(headers)
    .map(([name, value]) => `${name}: ${value}\r\n`)
    .join('') +
  '\r\n';

const answer = (client: Duplex, status: number, correlationId: string, body: string, retryAfterMs?: number): void => {
  const head = headOf(status, {
    connection: 'close',
    'content-type': 'application/json; charset=utf-8',
    'content-length': String(Buffer.byteLength(body)),
    'x-correlation-id': correlationId,
    ...(retryAfterMs === undefined ? {} : { 'retry-after': String(Math.ceil(retryAfterMs / 1000)) }),
  });
  client.end(head + body);
};
