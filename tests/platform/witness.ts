import type { LiveSocket } from '../../scripts/lib/load/client.ts';
import type { MatchId, PlayerId } from '../../src/contracts/ids.ts';
import type { ActionRequest, Direction, MatchResult, MatchView, Position } from '../../src/contracts/match.ts';
import type { Random } from './random.ts';

/** How long events may be missing until the state comes that makes up for them. */
const mendWithinMs = 5000;
const directions = ['north', 'south', 'east', 'west'] as const;

/**
 * One player's view of a match, from nothing but what its live connection says: that events come in order without a
 * gap, or a state follows, is checked as they come.
 */
export class Witness {
  readonly matchId: MatchId;
  readonly trouble: string[] = [];
  /** Of every event, in the order of arrival. */
  readonly seen: number[] = [];
  states = 0;
  seq: number | null = null;
  result: MatchResult | undefined;
  cancelled = false;
  longestAway = 0;
  private running = false;
  private readonly places = new Map<string, Position>();
  private nodes: Position[] = [];
  private awaySince: number | undefined = Date.now();
  private gapSince: number | undefined;

  constructor(matchId: MatchId) {
    this.matchId = matchId;
  }

  get ended(): boolean {
    this.watchGap();
    return this.result !== undefined || this.cancelled;
  }

  listen(socket: LiveSocket): void {
    socket.on('disconnect', () => {
      this.awaySince ??= Date.now();
      // What comes next begins with a state.
      this.seq = null;
      this.gapSince = undefined;
    });
    socket.on('match.state', (state) => this.state(state));
    socket.on('match.started', ({ seq, board }) => {
      this.event(seq);
      this.board(board);
    });
    socket.on('match.action', (action) => {
      this.event(action.seq);
      if (action.type === 'PlayerMoved') this.places.set(action.playerId, action.to);
    });
    socket.on('match.player_eliminated', ({ seq, playerId }) => {
      this.event(seq);
      this.places.delete(playerId);
    });
    socket.on('match.finished', ({ seq, result }) => {
      this.event(seq);
      this.finished(result);
    });
    socket.on('match.cancelled', () => {
      this.cancelled = true;
    });
  }

  /** Attacks who is near, collects where it stands, goes to somebody, or anywhere. Not always wise, so that the rules refuse some. */
  choose(me: PlayerId, random: Random): ActionRequest | undefined {
    const own = this.places.get(me);
    if (!this.running || this.seq === null || !own) return undefined;
    const others = [...this.places].filter(([id]) => id !== me);
    const target = random.pick(others);
    if (random.chance(0.05)) return { type: 'defend' };
    if (random.chance(this.nodes.some(({ x, y }) => x === own.x && y === own.y) ? 0.5 : 0.03))
      return { type: 'collect' };
    if (!target) return { type: 'move', payload: { direction: random.pick(directions) } };
    const [targetId, { x, y }] = target;
    const near = Math.max(Math.abs(x - own.x), Math.abs(y - own.y)) <= 1;
    if (random.chance(near ? 0.7 : 0.03)) return { type: 'attack', payload: { targetId: targetId as PlayerId } };
    const towards: Direction[] = [];
    if (x !== own.x) towards.push(x > own.x ? 'east' : 'west');
    if (y !== own.y) towards.push(y > own.y ? 'south' : 'north');
    const direction = random.chance(0.7) ? random.pick(towards) : undefined;
    return { type: 'move', payload: { direction: direction ?? random.pick(directions) } };
  }

  private state(state: MatchView): void {
    this.states++;
    if (this.awaySince !== undefined) {
      this.longestAway = Math.max(this.longestAway, Date.now() - this.awaySince);
      this.awaySince = undefined;
    }
    if (this.seq !== null && state.seq < this.seq) this.trouble.push(`a state of ${state.seq} after ${this.seq}`);
    this.seq = state.seq;
    this.gapSince = undefined;
    if (state.board) this.board(state.board);
    if (state.result) this.finished(state.result);
    if (state.status === 'CANCELLED') this.cancelled = true;
  }

  private board({ players, nodes }: NonNullable<MatchView['board']>): void {
    this.running = true;
    this.nodes = nodes;
    this.places.clear();
    for (const { playerId, alive, x, y } of players) if (alive) this.places.set(playerId, { x, y });
  }

  private event(seq: number): void {
    this.seen.push(seq);
    // Before the first state of a connection there is nothing to compare with.
    if (this.seq === null || seq <= this.seq) return;
    if (seq > this.seq + 1) this.gapSince ??= Date.now();
    else this.seq = seq;
  }

  private finished(result: MatchResult): void {
    this.running = false;
    this.result ??= result;
  }

  private watchGap(): void {
    if (this.gapSince === undefined || Date.now() - this.gapSince < mendWithinMs) return;
    this.trouble.push(`events after ${String(this.seq)} are missing, and no state came`);
    this.gapSince = undefined;
  }
}
