import { randomUUID } from 'node:crypto';
import { Pool } from 'undici';
import { io, type Socket } from 'socket.io-client';
import type { Credentials, JoinedMatch, Session } from '../../../src/contracts/api.ts';
import { ErrorBody } from '../../../src/contracts/errors.ts';
import { ActionId, type MatchId, type PlayerId } from '../../../src/contracts/ids.ts';
import type {
  ActionAcknowledgement,
  LiveActionRequest,
  MatchClientMessages,
  MatchServerMessages,
} from '../../../src/contracts/live.ts';
import type { ActionRequest, MatchView } from '../../../src/contracts/match.ts';

export type LiveSocket = Socket<MatchServerMessages, MatchClientMessages>;

/** Any answer of the API: with its status, so that a caller may expect a refusal. */
export interface ApiAnswer<T> {
  status: number;
  body: T;
}

/** A call that has ended. */
export interface Call {
  method: string;
  path: string;
  /** Of the answer; 0 when there was none. */
  status: number;
  /** What the answer says went wrong, or why there was none; empty when nothing did. */
  error: string;
  /** For people; empty when there is none. */
  detail: string;
  ms: number;
}

/** The HTTP API as a player's program uses it. */
export class ApiClient {
  readonly url: string;
  /** Is told of every call. */
  watch: ((call: Call) => void) | undefined;
  /** Live connections of its players. */
  readonly sockets = new Set<LiveSocket>();
  private readonly pool: Pool;

  constructor(gatewayUrl: string) {
    this.url = gatewayUrl;
    this.pool = new Pool(gatewayUrl, { connections: 64 });
  }

  /** The body is what the server sent; who calls knows the contract. */
  async call<T>(
    method: 'GET' | 'POST',
    path: string,
    options: { token?: string; body?: unknown; key?: string } = {},
  ): Promise<ApiAnswer<T>> {
    const begun = performance.now();
    const seen = (status: number, error = '', detail = '') =>
      this.watch?.({ method, path, status, error, detail, ms: performance.now() - begun });
    try {
      const answer = await this.send<T>(method, path, options);
      const refusal = ErrorBody.safeParse(answer.body).data;
      seen(answer.status, refusal?.error, refusal?.detail);
      return answer;
    } catch (error) {
      seen(0, String(error));
      throw error;
    }
  }

  private async send<T>(
    method: string,
    path: string,
    options: { token?: string; body?: unknown; key?: string },
  ): Promise<ApiAnswer<T>> {
    const { statusCode, body } = await this.pool.request({
      method,
      path: `/api${path}`,
      headers: {
        ...(options.token === undefined ? {} : { authorization: `Bearer ${options.token}` }),
        ...(options.body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(options.key === undefined ? {} : { 'x-idempotency-key': options.key }),
      },
      ...(options.body === undefined ? {} : { body: JSON.stringify(options.body) }),
    });
    return { status: statusCode, body: (await body.json()) as T };
  }

  /** Ends everything that its players have open. */
  async close(): Promise<void> {
    for (const socket of this.sockets) socket.disconnect();
    await this.pool.close();
  }
}

/** A player with a session, and in a match with a live connection. */
export class PlayerClient {
  readonly api: ApiClient;
  readonly session: Session;
  match: JoinedMatch | undefined;
  private socket: LiveSocket | undefined;

  private constructor(api: ApiClient, session: Session) {
    this.api = api;
    this.session = session;
  }

  static guest(api: ApiClient): Promise<PlayerClient> {
    return PlayerClient.signUp(api, '/auth/guest', {});
  }

  static register(api: ApiClient, credentials: Credentials): Promise<PlayerClient> {
    return PlayerClient.signUp(api, '/auth/register', credentials);
  }

  private static async signUp(api: ApiClient, path: string, request: object): Promise<PlayerClient> {
    const { status, body } = await api.call<Session>('POST', path, { body: request });
    if (status !== 201) throw new Error(`POST ${path}: ${String(status)} ${JSON.stringify(body)}`);
    return new PlayerClient(api, body);
  }

  get playerId(): PlayerId {
    return this.session.playerId;
  }

  async join(): Promise<JoinedMatch> {
    const { status, body } = await this.tryJoin();
    if (status !== 201) throw new Error(`POST /matches: ${String(status)} ${JSON.stringify(body)}`);
    return body;
  }

  /** As `join`, for who expects that it may be refused. */
  async tryJoin(): Promise<ApiAnswer<JoinedMatch>> {
    const answer = await this.api.call<JoinedMatch>('POST', '/matches', { token: this.session.accessToken, body: {} });
    if (answer.status === 201) this.match = answer.body;
    return answer;
  }

  async view(): Promise<MatchView> {
    const path = `/matches/${this.joined().matchId}`;
    const { status, body } = await this.api.call<MatchView>('GET', path, { token: this.session.accessToken });
    if (status !== 200) throw new Error(`GET ${path}: ${String(status)} ${JSON.stringify(body)}`);
    return body;
  }

  /** Opens the live connection; resolves with the first state. It reconnects by itself. */
  async connect(listen?: (socket: LiveSocket) => void): Promise<MatchView> {
    const { matchId, wsToken } = this.joined();
    const socket: LiveSocket = io(this.api.url, {
      path: '/game/socket.io',
      transports: ['websocket'],
      auth: { token: wsToken },
      query: { match: matchId },
      forceNew: true,
      reconnectionDelay: 100,
      reconnectionDelayMax: 1000,
    });
    this.socket = socket;
    this.api.sockets.add(socket);
    listen?.(socket);
    return new Promise((resolve, reject) => {
      socket.once('match.state', resolve);
      setTimeout(() => {
        reject(new Error('no match.state within 10 s'));
      }, 10_000).unref();
    });
  }

  /** Over the live connection. Rejects when there is no answer in time: it may be repeated with the same id. */
  async act(request: ActionRequest, actionId = ActionId.parse(randomUUID())): Promise<ActionAcknowledgement> {
    if (!this.socket) throw new Error('not connected');
    const action: LiveActionRequest = { ...request, actionId };
    const { socket } = this;
    return new Promise((resolve, reject) => {
      socket.timeout(8000).emit('action', action, (late: Error | null, answer: ActionAcknowledgement) => {
        if (late) reject(late);
        else resolve(answer);
      });
    });
  }

  /** Over HTTP; in the match that was joined last, when none is named. */
  async post(
    request: ActionRequest,
    actionId = ActionId.parse(randomUUID()),
    matchId: MatchId = this.joined().matchId,
  ): Promise<ActionAcknowledgement> {
    const path = `/matches/${matchId}/actions`;
    const options = { token: this.session.accessToken, body: request, key: actionId };
    const answer = await this.api.call<unknown>('POST', path, options);
    return answer as ActionAcknowledgement;
  }

  close(): void {
    if (!this.socket) return;
    this.socket.disconnect();
    this.api.sockets.delete(this.socket);
  }

  private joined(): JoinedMatch {
    if (!this.match) throw new Error('join first');
    return this.match;
  }
}
