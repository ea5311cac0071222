import type { ActionRequest, ActionType, BoardView } from '../../../src/contracts/match.ts';
import { options } from '../../../src/rules/options.ts';
import { emptyModel, receive, type MatchModel } from '../../../src/web/match/view.ts';
import { ApiClient, PlayerClient, type LiveSocket } from './client.ts';

/** Numbers in [0, 1) from a seed, the same for the same seed (mulberry32). */
export const seeded = (seed: number) => (): number => {
  seed = (seed + 0x6d2b79f5) | 0;
  let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
  return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
};

/** A match as its players see it. One of them keeps the model for all: they share a process. */
class Board {
  model: MatchModel = emptyModel;

  follow(socket: LiveSocket): void {
    socket.on('match.state', (body) => (this.model = receive(this.model, { name: 'match.state', body }, Date.now())));
    socket.on(
      'match.started',
      (body) => (this.model = receive(this.model, { name: 'match.started', body }, Date.now())),
    );
    socket.on('match.action', (body) => (this.model = receive(this.model, { name: 'match.action', body }, Date.now())));
    socket.on('match.player_eliminated', (body) => {
      this.model = receive(this.model, { name: 'match.player_eliminated', body }, Date.now());
    });
  }

  get view(): BoardView | null {
    return this.model.match?.board ?? null;
  }

  get tick(): number {
    const { match } = this.model;
    if (!match?.startedAt || !match.board) return 0;
    return Math.floor((Date.now() - Date.parse(match.startedAt)) / match.board.tickMs);
  }
}

/** One who plays: legal actions, at a human's choice of them, never before the cooldown is over. */
export class LoadPlayer {
  readonly client: PlayerClient;
  readonly board: Board;
  busy = false;
  private readonly readyAt: Record<ActionType, number> = { move: 0, attack: 0, defend: 0, collect: 0 };

  constructor(client: PlayerClient, board: Board) {
    this.client = client;
    this.board = board;
  }

  /** Something to do now; undefined when all that is possible cools down. */
  choose(random: () => number): ActionRequest | undefined {
    const { view } = this.board;
    if (!view || this.busy) return undefined;
    const now = Date.now();
    const may = options(view, this.client.playerId, this.board.tick);
    const ready = (type: ActionType) => this.readyAt[type] <= now;
    if (may.collect && ready('collect')) return { type: 'collect' };
    const [targetId] = may.targets;
    if (targetId !== undefined && ready('attack') && random() < 0.3) return { type: 'attack', payload: { targetId } };
    if (may.defend && ready('defend') && random() < 0.05) return { type: 'defend' };
    if (!ready('move')) return undefined;
    const direction = may.directions[Math.floor(random() * may.directions.length)];
    return direction === undefined ? undefined : { type: 'move', payload: { direction } };
  }

  /** The answer's status; 0 when there was none. */
  async act(request: ActionRequest): Promise<number> {
    this.busy = true;
    try {
      const { status } = await this.client.act(request);
      const cooldown = this.board.view?.cooldownMs[request.type] ?? 500;
      this.readyAt[request.type] = Date.now() + cooldown;
      return status;
    } catch {
      return 0;
    } finally {
      this.busy = false;
    }
  }
}

/** So many matches of guests, started and connected. The platform's rules must start a lobby at `playersPerMatch`. */
export const startFleet = async (gatewayUrl: string, matches: number, playersPerMatch: number) => {
  const api = new ApiClient(gatewayUrl);
  const boards = new Map<string, Board>();
  const players: LoadPlayer[] = [];
  for (let group = 0; group < matches; group++) {
    const clients = await Promise.all(Array.from({ length: playersPerMatch }, () => PlayerClient.guest(api)));
    for (const client of clients) await client.join();
    await Promise.all(
      clients.map(async (client) => {
        const { matchId } = await client.join();
        const board = boards.get(matchId);
        const mine = board ?? new Board();
        boards.set(matchId, mine);
        await client.connect(board ? undefined : (socket) => mine.follow(socket));
        players.push(new LoadPlayer(client, mine));
      }),
    );
  }
  return {
    players,
    close: async () => {
      for (const { client } of players) client.close();
      await api.close();
    },
  };
};
