import { io } from 'socket.io-client';
import type { Socket } from 'socket.io-client';
import type { Notification } from '../../contracts/economy.ts';
import type { NotificationServerMessages } from '../../contracts/live.ts';
import { sessions } from '../session/client.ts';

interface CarrierHandlers {
  recent: (letters: readonly Notification[]) => void;
  arrived: (letter: Notification) => void;
}

/** The live connection that brings notifications; opens itself again, with a good token, until it is closed. */
export function openCarrier({ recent, arrived }: CarrierHandlers): () => void {
  let closed = false;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let refused: string | undefined;
  let token: string | null = null;
  const socket: Socket<NotificationServerMessages> = io({
    path: '/notifications/socket.io',
    transports: ['websocket', 'polling'],
    // Of its own: the other live connection has another path, which socket.io does not look at when it shares one.
    forceNew: true,
    auth: (give) => {
      const found = async () => {
        // Without a network there is no new token either; the old try fails and comes again.
        token = await sessions.accessToken(refused).catch(() => null);
        give({ token: token ?? '' });
      };
      void found();
    },
    reconnectionDelay: 1_000,
    reconnectionDelayMax: 15_000,
  });

  socket.on('notifications', recent);
  socket.on('reward.granted', arrived);
  socket.on('trade.completed', arrived);
  socket.on('trade.failed', arrived);
  socket.on('match.finished', arrived);
  socket.on('match.cancelled', arrived);
  socket.on('connect', () => {
    refused = undefined;
  });
  const reopen = (afterMs: number) => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      if (!closed) socket.connect();
    }, afterMs);
  };
  socket.on('disconnect', () => {
    // The server ended it, because it moves, or because the token's time was over.
    if (!socket.active) reopen(1_000);
  });
  socket.on('connect_error', () => {
    // Not active: refused, so that the token is the suspect; otherwise socket.io tries again by itself.
    if (socket.active) return;
    refused = token ?? undefined;
    reopen(5_000);
  });

  return () => {
    closed = true;
    clearTimeout(timer);
    socket.disconnect();
  };
}
