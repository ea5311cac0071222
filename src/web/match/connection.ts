import { io } from 'socket.io-client';
import type { Socket } from 'socket.io-client';
import type { ActionAnswer } from '../../contracts/match.ts';
import type {
  ActionAcknowledgement,
  LiveActionRequest,
  MatchClientMessages,
  MatchServerMessages,
} from '../../contracts/live.ts';
import type { ErrorCode } from '../../contracts/errors.ts';
import { routes } from '../../contracts/routes.ts';
import { call } from '../session/client.ts';
import { Failure, isErrorCode } from '../session/failure.ts';
import type { MatchMessage } from './view.ts';

/** `lost`: it was there and is being opened again. */
export type Link = 'connecting' | 'live' | 'lost';

/** How an action ended: the server's word, or none because the connection to it was closed first. */
export type Outcome =
  | { took: true; answer: ActionAnswer }
  | { took: false; code: ErrorCode | 'OFFLINE' | 'CLOSED'; retryAfterMs: number | undefined };

export interface ConnectionHandlers {
  message: (message: MatchMessage) => void;
  link: (link: Link) => void;
}

const answerWithin = 2_500;
/** Between two tries: the first soon, for a hiccup; the later ones rarer, for an outage. */
const betweenTries = { first: 300, most: 3_000 };

/** The live connection to a match: opens itself again for as long as it is wanted, and sends each action until it is answered. */
export function connect(matchId: string, firstToken: string, handlers: ConnectionHandlers) {
  let closed = false;
  let token = firstToken;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const socket: Socket<MatchServerMessages, MatchClientMessages> = io({
    path: '/game/socket.io',
    transports: ['websocket', 'polling'],
    query: { match: matchId },
    auth: (give) => give({ token }),
    reconnectionDelay: 250,
    reconnectionDelayMax: 3_000,
    timeout: 5_000,
  });

  socket.on('match.state', (body) => handlers.message({ name: 'match.state', body }));
  socket.on('match.started', (body) => handlers.message({ name: 'match.started', body }));
  socket.on('match.action', (body) => handlers.message({ name: 'match.action', body }));
  socket.on('match.player_eliminated', (body) => handlers.message({ name: 'match.player_eliminated', body }));
  socket.on('match.finished', (body) => handlers.message({ name: 'match.finished', body }));
  socket.on('match.cancelled', (body) => handlers.message({ name: 'match.cancelled', body }));
  socket.on('connect', () => handlers.link('live'));
  socket.on('disconnect', () => {
    handlers.link('lost');
    // When the server ends a connection (it is moving), the client is expected to come back by itself.
    if (!socket.active) reopen(false);
  });
  socket.on('connect_error', () => {
    handlers.link('lost');
    // Not active: refused by the server, so that the token is the suspect; otherwise socket.io tries again by itself.
    if (!socket.active) reopen(true);
  });

  function reopen(withNewToken: boolean): void {
    clearTimeout(timer);
    timer = setTimeout(() => {
      const renewed = withNewToken ? call(routes.joinMatch, { body: {} }) : null;
      const opened = async () => {
        const joined = await renewed?.catch(() => null);
        if (closed) return;
        if (joined?.matchId === matchId) token = joined.wsToken;
        socket.connect();
      };
      void opened();
    }, 1_000);
  }

  /** Sends an action, by HTTP while there is no connection, again and again under the same id until the server has spoken. */
  async function act(request: LiveActionRequest): Promise<Outcome> {
    for (let wait = betweenTries.first; ; wait = Math.min(wait * 2, betweenTries.most)) {
      if (closed) return { took: false, code: 'CLOSED', retryAfterMs: undefined };
      const outcome = socket.connected ? await overSocket(request) : await overHttp(request);
      if (outcome !== null) return outcome;
      await new Promise((resume) => setTimeout(resume, wait));
    }
  }

  async function overSocket(request: LiveActionRequest): Promise<Outcome | null> {
    const acknowledgement = await new Promise<ActionAcknowledgement | null>((resolve) => {
      socket
        .timeout(answerWithin)
        .emit('action', request, (late, answer) => resolve(late instanceof Error ? null : answer));
    });
    // Without an acknowledgement in time the same id asks again what became of it.
    if (acknowledgement === null) return null;
    const { body } = acknowledgement;
    if (!('error' in body)) return { took: true, answer: body };
    return settled(new Failure(isErrorCode(body.error) ? body.error : 'UNAVAILABLE', body.retryAfterMs));
  }

  async function overHttp({ actionId, ...body }: LiveActionRequest): Promise<Outcome | null> {
    try {
      const headers = { 'x-idempotency-key': actionId };
      return { took: true, answer: await call(routes.act, { params: { id: matchId }, headers, body }) };
    } catch (failure) {
      if (failure instanceof Failure) return settled(failure);
      throw failure;
    }
  }

  return {
    act,
    /** Asks for the state over HTTP, for when the live connection owes it. */
    async ask(): Promise<void> {
      const state = await call(routes.getMatch, { params: { id: matchId } }).catch(() => null);
      if (!closed && state !== null) handlers.message({ name: 'match.state', body: state });
    },
    close(): void {
      closed = true;
      clearTimeout(timer);
      socket.disconnect();
    },
  };
}
export type Connection = ReturnType<typeof connect>;

/** Null for what says nothing about the action: it is asked again. */
function settled({ code, retryAfterMs }: Failure): Outcome | null {
  const open = code === 'OFFLINE' || code === 'UNAVAILABLE' || code === 'ACTION_PENDING' || code === 'RATE_LIMITED';
  return open ? null : { took: false, code, retryAfterMs };
}
