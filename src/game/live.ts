import { randomUUID } from 'node:crypto';
import type { Server as HttpServer } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { RateLimiterMemory } from 'rate-limiter-flexible';
import { Server, type DefaultEventsMap, type Socket } from 'socket.io';
import { z } from 'zod';
import type { MatchEvent } from '../contracts/events.ts';
import { ActionId, CorrelationId, type MatchId } from '../contracts/ids.ts';
import type { ActionAcknowledgement, MatchServerMessages } from '../contracts/live.ts';
import { ActionRequest, type MatchView } from '../contracts/match.ts';
import { ApiError } from '../platform/errors.ts';
import { asApiError, errorBody, maxBodyBytes, parse } from '../platform/http/app.ts';
import type { Lifecycle } from '../platform/lifecycle.ts';
import { logContext } from '../platform/telemetry/context.ts';
import { logger } from '../platform/telemetry/logger.ts';
import { metrics } from '../platform/telemetry/metrics.ts';
import { asSpan, subjectOf } from '../platform/telemetry/subject.ts';
import type { Audience, Hub } from './hub.ts';
import type { Intake } from './intake.ts';
import type { MatchTokens, Seat } from './tokens.ts';

type LiveSocket = Socket<DefaultEventsMap, MatchServerMessages, DefaultEventsMap, { seat?: Seat }>;
type LiveServer = Server<DefaultEventsMap, MatchServerMessages, DefaultEventsMap, { seat?: Seat }>;

const Fields = z.record(z.string(), z.unknown());

/** How long actions in hand may take when the replica drains. */
const drainMs = 6000;

/** The live connections of this replica, by match. */
export class Live implements Audience {
  private readonly io: LiveServer = new Server({
    path: '/game/socket.io',
    serveClient: false,
    maxHttpBufferSize: maxBodyBytes,
    pingInterval: 10_000,
    pingTimeout: 8000,
  });

  event(matchId: MatchId, event: MatchEvent): void {
    const room = this.io.to(matchId);
    switch (event.type) {
      case 'ActionResolved':
      case 'ActionRejected':
        return; // Told to the one who waits for it.
      case 'StampUsed':
        return; // The action itself says that it is sealed.
      case 'MatchStarted':
        room.emit('match.started', event.payload);
        return;
      case 'PlayerMoved':
        room.emit('match.action', { type: event.type, ...event.payload });
        return;
      case 'PlayerAttacked':
        room.emit('match.action', { type: event.type, ...event.payload });
        return;
      case 'PlayerDefended':
        room.emit('match.action', { type: event.type, ...event.payload });
        return;
      case 'ResourceCollected':
        room.emit('match.action', { type: event.type, ...event.payload });
        return;
      case 'PlayerEliminated':
        room.emit('match.player_eliminated', event.payload);
        return;
      case 'MatchFinished': {
        const { seq, tick, finishedAt, result } = event.payload;
        room.emit('match.finished', { matchId, seq, tick, finishedAt, result });
        return;
      }
      case 'MatchCancelled':
        room.emit('match.cancelled', { matchId });
        return;
    }
  }

  state(matchId: MatchId, state: MatchView): void {
    this.io.to(matchId).emit('match.state', state);
  }

  /** Begins to accept connections; on draining lets the actions in hand end, then sends the players to another replica. */
  open(
    server: HttpServer,
    parts: { hub: Hub; intake: Intake; tokens: MatchTokens },
    actionsPerSecond: number,
    lifecycle: Lifecycle,
  ): void {
    const { hub, intake, tokens } = parts;
    // Whoever comes while this replica drains is refused, and comes again to another.
    this.io.attach(server, {
      allowRequest: (_request, decide) => {
        decide(null, !lifecycle.draining);
      },
    });
    const limiter = new RateLimiterMemory({ points: actionsPerSecond, duration: 1 });
    this.io.use((socket, next) => {
      const { token } = socket.handshake.auth as { token?: unknown };
      tokens.verify(typeof token === 'string' ? token : '').then((seat) => {
        if (socket.handshake.query['match'] !== seat.matchId) {
          next(new ApiError('UNAUTHORIZED', 'The token is for another match.'));
          return;
        }
        socket.data.seat = seat;
        next();
      }, next);
    });
    this.io.on('connection', (socket) => {
      const { seat } = socket.data;
      if (!seat) return;
      metrics.connectedPlayers.inc();
      socket.once('disconnect', () => {
        metrics.connectedPlayers.dec();
        hub.unwatch(seat.matchId);
      });
      socket.on('action', (message: unknown, acknowledge: unknown) => {
        const reply =
          typeof acknowledge === 'function' ? (acknowledge as (answer: ActionAcknowledgement) => void) : null;
        void this.act(seat, message, intake, limiter).then((answer) => reply?.(answer));
      });
      this.welcome(socket, seat, hub).catch((error: unknown) => {
        logger.warn({ err: error }, 'live connection without a state');
        socket.conn.close();
      });
    });
    lifecycle.onStop('live', async () => {
      const deadline = Date.now() + drainMs;
      while (intake.pending > 0 && Date.now() < deadline) await sleep(20);
      await sleep(50); // The last answers are on their way.
      // Only the connection: a client that is told to disconnect would not come back by itself.
      for (const socket of this.io.sockets.sockets.values()) socket.conn.close();
      this.io.engine.close();
    });
  }

  private async welcome(socket: LiveSocket, { matchId }: Seat, hub: Hub): Promise<void> {
    await hub.watch(matchId);
    // In the room first: an event between the state and the room would be lost; one before the state is skipped by seq.
    await socket.join(matchId);
    await hub.welcome(matchId, (state) => socket.emit('match.state', state));
  }

  private async act(
    seat: Seat,
    message: unknown,
    intake: Intake,
    limiter: RateLimiterMemory,
  ): Promise<ActionAcknowledgement> {
    const correlationId = CorrelationId.parse(randomUUID());
    const fields = Fields.safeParse(message).data ?? {};
    const answer = async (): Promise<ActionAcknowledgement> => {
      try {
        await limiter.consume(seat.playerId).catch(() => {
          throw new ApiError('RATE_LIMITED', 'Too many actions; slow down.', { retryAfterMs: 1000 });
        });
        const { actionId, ...request } = parse('action', Fields, message);
        const body = await intake.act({
          ...seat,
          actionId: parse('actionId', ActionId, actionId),
          request: parse('action', ActionRequest, request),
          correlationId,
        });
        return { status: 200, body };
      } catch (error) {
        const known = asApiError(error);
        return { status: known.status, body: errorBody(known, correlationId) };
      }
    };
    const subject = subjectOf({ ...fields, ...seat, correlationId });
    return logContext.run({ correlationId, playerId: seat.playerId }, () => asSpan('live action', subject, answer));
  }
}
