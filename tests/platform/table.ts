import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { io } from 'socket.io-client';
import type { ApiClient, LiveSocket } from '../../scripts/lib/load/client.ts';
import { PlayerClient } from '../../scripts/lib/load/client.ts';
import type { Replica } from '../../scripts/lib/platform.ts';
import type { JoinedMatch } from '../../src/contracts/api.ts';
import type { ActionId, MatchId } from '../../src/contracts/ids.ts';
import type { ActionAcknowledgement } from '../../src/contracts/live.ts';
import type { ActionRequest, MatchStatus, MatchView } from '../../src/contracts/match.ts';
import { identityHeaders } from '../../src/platform/http/identity.ts';

/** Waits until it is so. @throws Error that says what was waited for */
export const until = async <T>(
  what: string,
  find: () => Promise<T | undefined> | T | undefined,
  withinMs = 20_000,
): Promise<T> => {
  const deadline = Date.now() + withinMs;
  for (;;) {
    const found = await find();
    if (found !== undefined) return found;
    if (Date.now() > deadline) throw new Error(`not within ${withinMs} ms: ${what}`);
    await sleep(50);
  }
};

export const untilStatus = (player: PlayerClient, status: MatchStatus, withinMs?: number): Promise<MatchView> =>
  until(
    `the match is ${status}`,
    async () => {
      const view = await player.view();
      return view.status === status ? view : undefined;
    },
    withinMs,
  );

export interface Table {
  matchId: MatchId;
  players: PlayerClient[];
  joined: JoinedMatch[];
  view: MatchView;
}

/** Guests who came together, in their match that has begun. */
export const sitDown = async (api: ApiClient, count: number): Promise<Table> => {
  const players: PlayerClient[] = [];
  for (let seat = 0; seat < count; seat++) players.push(await PlayerClient.guest(api));
  const joined: JoinedMatch[] = [];
  for (const player of players) joined.push(await player.join());
  const [first] = players;
  const matchId = joined[0]?.matchId;
  if (!first || !matchId || joined.some((each) => each.matchId !== matchId)) throw new Error('not in one lobby');
  return { matchId, players, joined, view: await untilStatus(first, 'RUNNING') };
};

/** The same ids as some clients write them: UUIDs in capitals. */
export const inCapitals = <T>(value: T): T =>
  JSON.parse(JSON.stringify(value).replace(/[0-9a-f-]{36}/g, (id) => id.toUpperCase())) as T;

/** An action sent to one replica of game, past the gateway and what it sticks to. */
export const actAt = async (
  { url }: Replica,
  player: PlayerClient,
  matchId: MatchId,
  request: ActionRequest,
  actionId: ActionId,
): Promise<ActionAcknowledgement> => {
  const response = await fetch(`${url ?? ''}/matches/${matchId}/actions`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'x-idempotency-key': actionId,
      'x-correlation-id': randomUUID(),
      [identityHeaders.playerId]: player.playerId,
      [identityHeaders.username]: player.session.username,
    },
    body: JSON.stringify(request),
  });
  const body: unknown = await response.json();
  return { status: response.status, body } as ActionAcknowledgement;
};

/** A live connection to one replica of game. */
export const connectTo = ({ url }: Replica, { matchId, wsToken }: JoinedMatch): LiveSocket =>
  io(url ?? '', {
    path: '/game/socket.io',
    transports: ['websocket'],
    auth: { token: wsToken },
    query: { match: matchId },
    forceNew: true,
    autoConnect: false,
  });
