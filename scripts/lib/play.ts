import { setTimeout as sleep } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { ActionId, type PlayerId } from '../../src/contracts/ids.ts';
import type { ActionRequest, ActionType, BoardView, MatchResult, MatchView } from '../../src/contracts/match.ts';
import { isReady, options } from '../../src/rules/options.ts';
import type { PlayerClient } from './load/client.ts';

export interface PlayedMatch {
  matchId: string;
  /** Actions that took effect, and those that the rules refused. */
  resolved: number;
  refused: number;
  seconds: number;
  result: MatchResult;
}

/**
 * Plays one match to its end through the front door: one player acts over HTTP, the other over its live connection. Throws
 * when anything is not as the API promises.
 */
export const playMatch = async (
  players: readonly [PlayerClient, PlayerClient],
  giveUpAfterMs = 420_000,
): Promise<PlayedMatch> => {
  const began = performance.now();
  const deadline = AbortSignal.timeout(giveUpAfterMs);
  try {
    const seats = [await players[0].join(), await players[1].join()] as const;
    if (seats[0].matchId !== seats[1].matchId) throw new Error('two players who came at once are not in one lobby');

    const finished = Promise.all(players.map((player) => connectUntilFinished(player)));
    const tallies = await Promise.all([
      playUntilEnd(players[0], (request, id) => players[0].post(request, id), deadline),
      playUntilEnd(players[1], (request, id) => players[1].act(request, id), deadline),
    ]);
    const told = await Promise.race([finished, sleep(10_000, undefined, { ref: false })]);
    if (told === undefined) throw new Error('match.finished did not reach both players');

    const { result } = await players[0].view();
    if (result === null) throw new Error('the match ended without a result');
    if (told.some((each) => !isDeepStrictEqual(each, result)))
      throw new Error('the players were told different results');
    const sum = (of: keyof Tally) => tallies[0][of] + tallies[1][of];
    if (sum('resolved') === 0) throw new Error('no action took effect');
    return {
      matchId: seats[0].matchId,
      resolved: sum('resolved'),
      refused: sum('refused'),
      seconds: (performance.now() - began) / 1000,
      result,
    };
  } finally {
    for (const player of players) player.close();
  }
};

const connectUntilFinished = (player: PlayerClient): Promise<MatchResult> =>
  new Promise((resolve, reject) => {
    player
      .connect((socket) => socket.on('match.finished', ({ result }) => resolve(result)))
      .catch((error: unknown) => reject(error instanceof Error ? error : new Error(String(error))));
  });

interface Tally {
  resolved: number;
  refused: number;
}
type Send = (request: ActionRequest, id: ActionId) => Promise<{ status: number; body: unknown }>;

const playUntilEnd = async (player: PlayerClient, send: Send, deadline: AbortSignal): Promise<Tally> => {
  const tally: Tally = { resolved: 0, refused: 0 };
  for (;;) {
    deadline.throwIfAborted();
    const view = await player.view();
    if (view.status === 'CANCELLED') throw new Error('the match was cancelled');
    if (view.status === 'FINISHED') return tally;
    const request = choose(view, player.playerId);
    if (request === undefined) {
      await sleep(view.status === 'PENDING' ? 500 : 100);
      continue;
    }
    const id = ActionId.parse(crypto.randomUUID());
    const answer = await send(request, id);
    if (answer.status === 409) tally.refused += 1;
    else if (answer.status === 200) {
      tally.resolved += 1;
      const again = await send(request, id);
      if (!isDeepStrictEqual(again.body, answer.body)) throw new Error('the same key again gave another answer');
    } else throw new Error(`${request.type}: ${String(answer.status)} ${JSON.stringify(answer.body)}`);
  }
};

/** Attack whoever is in reach, collect where one stands, else go to the nearest player. */
const choose = (view: MatchView, me: PlayerId): ActionRequest | undefined => {
  const { board, startedAt, serverTime } = view;
  if (board === null || startedAt === null) return undefined;
  // The board's own tick is that of the last action.
  const tick = Math.floor((Date.parse(serverTime) - Date.parse(startedAt)) / board.tickMs);
  const can = options(board, me, tick);
  const ready = (type: ActionType) => isReady(board, me, type, tick);
  const [targetId] = can.targets;
  if (targetId !== undefined) return ready('attack') ? { type: 'attack', payload: { targetId } } : undefined;
  if (can.collect && ready('collect')) return { type: 'collect' };
  const direction = wayToOthers(board, me).find((each) => can.directions.includes(each));
  return direction && ready('move') ? { type: 'move', payload: { direction } } : undefined;
};

/** Directions, the best first; the last resort is any, so that a wall does not end the chase. */
const wayToOthers = (board: BoardView, me: PlayerId) => {
  const own = board.players.find(({ playerId }) => playerId === me);
  const others = board.players.filter(({ playerId, alive }) => playerId !== me && alive);
  if (own === undefined) return [];
  const far = (x: number, y: number) => Math.max(Math.abs(x - own.x), Math.abs(y - own.y));
  const nearest = others.sort((a, b) => far(a.x, a.y) - far(b.x, b.y))[0];
  if (nearest === undefined) return [];
  const across = nearest.x > own.x ? ('east' as const) : ('west' as const);
  const along = nearest.y > own.y ? ('south' as const) : ('north' as const);
  const straight = nearest.x === own.x ? [along] : nearest.y === own.y ? [across] : [across, along];
  const sidestep = (['north', 'east', 'south', 'west'] as const).toSorted(() => Math.random() - 0.5);
  return [...straight, ...sidestep];
};
