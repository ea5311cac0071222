import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { freePort } from '../../scripts/lib/ports.ts';
import { ManagedProcess } from '../../scripts/lib/process.ts';
import { servers } from '../../tests/servers.ts';
import type { DatabaseEnv } from '../platform/config.ts';
import { Session } from '../contracts/api.ts';

/** What a request looked like when it came to a replica. */
export interface Seen {
  method: string;
  url: string;
  headers: IncomingMessage['headers'];
  body: string;
}

/** A replica of game as far as the gateway can tell: it answers with its name and what it saw. */
export class Replica {
  readonly name: string;
  readonly server: Server;
  readonly seen: Seen[] = [];
  /** Answers instead of the usual; false lets the usual happen. */
  answer: (seen: Seen, response: ServerResponse, socket: Socket) => boolean = () => false;
  port = 0;
  private readonly sockets = new Set<Socket>();

  constructor(name: string) {
    this.name = name;
    this.server = createServer((request, response) => {
      void this.handle(request, response);
    });
    this.server.on('connection', (socket) => {
      this.sockets.add(socket);
      socket.once('close', () => this.sockets.delete(socket));
    });
  }

  async start(): Promise<this> {
    // None that an outgoing connection may be given while nobody listens there.
    if (this.port === 0) this.port = await freePort();
    await new Promise<void>((resolve, reject) => {
      this.server.once('error', reject).listen(this.port, '127.0.0.1', resolve);
    });
    return this;
  }

  /** As a SIGKILL would: nothing is finished, and nobody is there any more. */
  async kill(): Promise<void> {
    const closed = new Promise((resolve) => this.server.close(resolve));
    for (const socket of this.sockets) socket.destroy();
    await closed;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  private async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await buffer(request).catch(() => Buffer.alloc(0));
    const seen: Seen = {
      method: request.method ?? '',
      url: request.url ?? '',
      headers: request.headers,
      body: body.toString(),
    };
    this.seen.push(seen);
    if (this.answer(seen, response, request.socket)) return;
    json(response, 200, { replica: this.name, seen });
  }
}

export const json = (response: ServerResponse, status: number, body: object): void => {
  response.writeHead(status, { 'content-type': 'application/json', connection: 'keep-alive' });
  response.end(JSON.stringify(body));
};

/** The gateway, as a process. */
export interface Gateway {
  url: string;
  process: ManagedProcess;
  /** A new guest's access token and the rest. */
  guest(): Promise<Session>;
}

/** Starts a gateway before these replicas; every limit is far away unless `env` says otherwise. */
export const startGateway = async (
  dir: string,
  database: DatabaseEnv,
  replicas: Replica[],
  env: Record<string, string> = {},
): Promise<Gateway> => {
  const [port, management] = [await freePort(), await freePort()];
  const name = `gateway-${port}`;
  const process = new ManagedProcess({
    name,
    command: globalThis.process.execPath,
    args: [join(import.meta.dirname, 'main.ts')],
    env: {
      LOG_LEVEL: 'debug',
      HTTP_PORT: String(port),
      MANAGEMENT_PORT: String(management),
      DATABASE_HOST: database.DATABASE_HOST,
      DATABASE_PORT: String(database.DATABASE_PORT),
      DATABASE_NAME: database.DATABASE_NAME,
      DATABASE_USER: database.DATABASE_USER,
      DATABASE_PASSWORD: database.DATABASE_PASSWORD?.current ?? '',
      REDIS_NODES: servers().redis,
      JWT_PRIVATE_KEY: servers().secrets.jwtPrivateKey,
      ...Object.fromEntries(
        ['GAME', 'WALLET', 'INVENTORY', 'MARKETPLACE', 'LEADERBOARD', 'NOTIFICATION'].map((service) => [
          `${service}_ENDPOINTS`,
          replicas.map(({ url }) => url).join(','),
        ]),
      ),
      RATE_LIMIT_PLAYER: '100000/1',
      RATE_LIMIT_ADDRESS: '100000/1',
      RATE_LIMIT_SIGN_UP: '100000/1',
      RATE_LIMIT_LOGIN_ACCOUNT: '100000/1',
      RATE_LIMIT_LOGIN_ADDRESS: '100000/1',
      ...env,
    },
    logFile: join(dir, 'logs', `${name}.log`),
    pidFile: join(dir, 'run', `${name}.pid`),
    ready: async () => (await fetch(`http://127.0.0.1:${management}/readyz`).catch(() => undefined))?.status === 200,
    readyWithinMs: 30_000,
    stopSignal: 'SIGTERM',
    stopWithinMs: 27_000,
  });
  await process.start();
  const url = `http://127.0.0.1:${port}`;
  return {
    url,
    process,
    guest: async () => Session.parse(await (await fetch(`${url}/api/auth/guest`, { method: 'POST' })).json()),
  };
};
