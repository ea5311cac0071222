import { createHash, randomBytes } from 'node:crypto';
import type { IncomingMessage, Server as HttpServer } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { Server, type DefaultEventsMap, type Socket } from 'socket.io';
import type { NotificationServerMessages } from '../contracts/live.ts';
import { asApiError, maxBodyBytes } from '../platform/http/app.ts';
import type { Lifecycle } from '../platform/lifecycle.ts';
import type { RedisClient } from '../platform/redis.ts';
import { logger } from '../platform/telemetry/logger.ts';
import { metrics } from '../platform/telemetry/metrics.ts';
import { redisAdapter } from './adapter.ts';
import type { Addressed, Notifications } from './store.ts';
import type { AccessTokens, Bearer } from './tokens.ts';

interface SocketData {
  bearer?: Bearer;
}
type LiveSocket = Socket<DefaultEventsMap, NotificationServerMessages, DefaultEventsMap, SocketData>;
type LiveServer = Server<DefaultEventsMap, NotificationServerMessages, DefaultEventsMap, SocketData>;

const hourMs = 60 * 60 * 1000;

/**
 * The id of a new connection, which begins with the replica's, so that the gateway finds it again: polling is a series of
 * requests. The gateway says by which address it has chosen this replica.
 */
const connectionId = (request: IncomingMessage): string => {
  const endpoint = request.headers['x-idempo-endpoint'];
  const replica = createHash('sha256').update(String(endpoint)).digest('hex').slice(0, 8);
  return `${replica}-${randomBytes(15).toString('base64url')}`;
};

/** The live connections of this replica. What concerns a player reaches its devices on all replicas, by Redis. */
export class Live {
  private readonly io: LiveServer;
  private readonly notifications: Notifications;
  private readonly graceMs: number;

  /** A connection outlives its token by `graceMs`; then it has to come again with one that holds. */
  constructor(publisher: RedisClient, subscriber: RedisClient, notifications: Notifications, graceMs = hourMs) {
    this.notifications = notifications;
    this.graceMs = graceMs;
    this.io = new Server({
      path: '/notifications/socket.io',
      serveClient: false,
      maxHttpBufferSize: maxBodyBytes,
      pingInterval: 10_000,
      pingTimeout: 8000,
      adapter: redisAdapter(publisher, subscriber),
    });
    // While Redis was away, what other replicas had to tell did not come here.
    subscriber.on('ready', () => void this.tellAllAgain());
  }

  tell({ playerId, notification }: Addressed): void {
    const devices = this.io.to(playerId);
    switch (notification.type) {
      case 'reward.granted':
        devices.emit(notification.type, notification);
        return;
      case 'trade.completed':
        devices.emit(notification.type, notification);
        return;
      case 'trade.failed':
        devices.emit(notification.type, notification);
        return;
      case 'match.finished':
        devices.emit(notification.type, notification);
        return;
      case 'match.cancelled':
        devices.emit(notification.type, notification);
        return;
    }
  }

  /** Begins to accept connections; on draining sends the players to another replica. */
  open(server: HttpServer, tokens: AccessTokens, lifecycle: Lifecycle): void {
    // Whoever comes while this replica drains is refused, and comes again to another.
    this.io.attach(server, {
      allowRequest: (_request, decide) => {
        decide(null, !lifecycle.draining);
      },
    });
    this.io.engine.generateId = connectionId;
    this.io.use((socket, next) => {
      const { token } = socket.handshake.auth as { token?: unknown };
      tokens.verify(typeof token === 'string' ? token : '').then(
        (bearer) => {
          socket.data.bearer = bearer;
          next();
        },
        (error: unknown) => {
          const known = asApiError(error);
          // A client that is refused does not try again by itself; one whose connection breaks does.
          if (known.code === 'UNAUTHORIZED') next(Object.assign(known, { data: { error: known.code } }));
          else socket.conn.close();
        },
      );
    });
    this.io.on('connection', (socket) => {
      const { bearer } = socket.data;
      if (!bearer) return;
      const expiry = setTimeout(() => socket.conn.close(), bearer.expiresAt + this.graceMs - Date.now());
      metrics.connectedPlayers.inc();
      socket.once('disconnect', () => {
        clearTimeout(expiry);
        metrics.connectedPlayers.dec();
      });
      void this.welcome(socket, bearer);
    });
    lifecycle.onStop('live', async () => {
      await sleep(50); // The last ones are on their way.
      // Only the connection: a client that is told to disconnect would not come back by itself.
      for (const socket of this.io.sockets.sockets.values()) socket.conn.close();
      this.io.engine.close();
    });
  }

  private async welcome(socket: LiveSocket, bearer: Bearer): Promise<void> {
    // In the room first: what comes between the reading and the room would be lost; what comes twice is known by its id.
    await socket.join(bearer.playerId);
    try {
      await this.tellRecent(socket, bearer);
    } catch (error) {
      logger.warn({ err: error }, 'live connection without its notifications');
      socket.conn.close();
    }
  }

  private async tellAllAgain(): Promise<void> {
    try {
      for (const socket of this.io.sockets.sockets.values()) {
        if (socket.data.bearer) await this.tellRecent(socket, socket.data.bearer);
      }
    } catch (error) {
      logger.warn({ err: error }, 'what was missed while Redis was away is told on the next connect');
    }
  }

  private async tellRecent(socket: LiveSocket, { playerId }: Bearer): Promise<void> {
    socket.emit('notifications', await this.notifications.recent(playerId));
  }
}
