import { createHash, randomUUID } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { calculateJwkThumbprint, exportJWK, generateKeyPair, SignJWT, type CryptoKey, type JWK } from 'jose';
import { io, type Socket } from 'socket.io-client';
import type { Notification } from '../contracts/economy.ts';
import type { RewardGranted } from '../contracts/events.ts';
import { CorrelationId, EventId, MatchId, PlayerId } from '../contracts/ids.ts';
import type { NotificationServerMessages } from '../contracts/live.ts';
import { readConfig, redisEnv, type DatabaseEnv } from '../platform/config.ts';
import { openDatabase } from '../platform/database/database.ts';
import type { Delivery } from '../platform/kafka/consumer.ts';
import { ProcessLifecycle } from '../platform/lifecycle.ts';
import { openChannel } from '../platform/redis.ts';
import { notify } from './handlers.ts';
import { Live } from './live.ts';
import { Notifications } from './store.ts';
import { AccessTokens } from './tokens.ts';

export const aPlayer = (): PlayerId => PlayerId.parse(randomUUID());

export const until = async (what: string, holds: () => boolean | Promise<boolean>, withinMs = 20_000) => {
  for (const deadline = Date.now() + withinMs; !(await holds());) {
    if (Date.now() > deadline) throw new Error(`not within ${withinMs} ms: ${what}`);
    await sleep(10);
  }
};

export const aReward = (playerId: PlayerId, at = new Date()): RewardGranted => ({
  eventId: EventId.parse(randomUUID()),
  correlationId: CorrelationId.parse(randomUUID()),
  causationId: null,
  version: 1,
  timestamp: at.toISOString(),
  type: 'RewardGranted',
  payload: { matchId: MatchId.parse(randomUUID()), playerId, outcome: 'WINNER', currency: 500, stamps: 3, item: null },
});

const delivery = (event: RewardGranted): Delivery<RewardGranted> => ({
  event,
  topic: 'economy-events',
  partition: 0,
  record: { key: null, value: null, timestamp: '', attributes: 0, offset: '0', headers: {} },
});

const listening = async (server: Server): Promise<number> => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
};

/** What the gateway does for tokens: signs them, and tells its public keys. */
export class KeyHolder {
  away = false;
  url = '';
  private readonly published: JWK[] = [];
  private key: { kid: string; signing: CryptoKey } | undefined;
  private readonly server = createServer((_request, response) => {
    if (this.away) response.writeHead(503).end();
    else response.setHeader('content-type', 'application/json').end(JSON.stringify({ keys: this.published }));
  });

  async open(): Promise<void> {
    this.url = `http://127.0.0.1:${await listening(this.server)}/api/auth/jwks`;
    await this.rotate();
  }

  /** Signs with a new key from here on. */
  async rotate(): Promise<void> {
    const { privateKey, publicKey } = await generateKeyPair('EdDSA', { crv: 'Ed25519', extractable: true });
    const jwk = await exportJWK(publicKey);
    const kid = await calculateJwkThumbprint(jwk);
    this.published.push({ ...jwk, kid, alg: 'EdDSA', use: 'sig' });
    this.key = { kid, signing: privateKey };
  }

  async token(playerId: string, claims: { issuer?: string; expiresAt?: number } = {}): Promise<string> {
    if (!this.key) throw new Error('not open');
    return new SignJWT({ username: 'ada', guest: false })
      .setProtectedHeader({ alg: 'EdDSA', kid: this.key.kid })
      .setIssuer(claims.issuer ?? 'idempo')
      .setSubject(playerId)
      .setExpirationTime(claims.expiresAt ?? Math.floor(Date.now() / 1000) + 900)
      .sign(this.key.signing);
  }

  close(): void {
    this.server.close();
    this.server.closeAllConnections();
  }
}

/** One replica of the service, with stores of its own and without Kafka. */
export const openReplica = async (
  env: DatabaseEnv,
  redisAt: number | { REDIS_NODES: string; REDIS_MODE: string },
  keys: KeyHolder,
  graceMs?: number,
) => {
  const lifecycle = new ProcessLifecycle();
  const redis = readConfig(redisEnv, typeof redisAt === 'number' ? { REDIS_NODES: `127.0.0.1:${redisAt}` } : redisAt);
  const notifications = new Notifications(await openDatabase(env, lifecycle, 'notification'));
  const [publisher, subscriber] = [
    openChannel(redis, lifecycle, 'publisher'),
    openChannel(redis, lifecycle, 'subscriber'),
  ];
  const live = new Live(publisher, subscriber, notifications, graceMs);
  const server = createServer((_request, response) => response.writeHead(404).end());
  const port = await listening(server);
  lifecycle.onStop('http', () => {
    server.close();
    server.closeAllConnections();
  });
  live.open(server, new AccessTokens(keys.url), lifecycle);
  const handle = notify(notifications, (addressed) => live.tell(addressed));
  return {
    lifecycle,
    notifications,
    handle,
    publisher,
    url: `http://127.0.0.1:${port}`,
    receive: (...events: RewardGranted[]) => handle(events.map(delivery)),
    withRedis: () => until('Redis is there', () => publisher.status === 'ready' && subscriber.status === 'ready'),
  };
};
export type Replica = Awaited<ReturnType<typeof openReplica>>;

/** A device of a player, and all that it was told. */
export class Device {
  readonly lists: Notification[][] = [];
  readonly told: Notification[] = [];
  readonly socket: Socket<NotificationServerMessages, { anything: (message: unknown) => void }>;
  readonly refusals: { message: string; data?: unknown }[] = [];

  /** `endpoint` is what the gateway says of the replica that it chose. */
  constructor(
    url: string,
    token: unknown,
    transport: 'websocket' | 'polling' = 'websocket',
    endpoint = 'replica:4006',
  ) {
    this.socket = io(url, {
      path: '/notifications/socket.io',
      transports: [transport],
      auth: { token },
      extraHeaders: { 'x-idempo-endpoint': endpoint },
      forceNew: true,
      reconnectionDelay: 20,
      reconnectionDelayMax: 100,
    });
    const hear = (notification: Notification) => void this.told.push(notification);
    this.socket.on('notifications', (recent) => void this.lists.push(recent));
    this.socket.on('reward.granted', hear);
    this.socket.on('trade.completed', hear);
    this.socket.on('trade.failed', hear);
    this.socket.on('match.finished', hear);
    this.socket.on('match.cancelled', hear);
    this.socket.on('connect_error', (error) => void this.refusals.push(error));
  }

  ids(): string[] {
    return this.told.map(({ id }) => id);
  }

  welcomed(times = 1): Promise<void> {
    return until('welcomed', () => this.lists.length >= times);
  }
}

export const replicaIdOf = (endpoint: string): string =>
  createHash('sha256').update(endpoint).digest('hex').slice(0, 8);
