import { LRUCache } from 'lru-cache';
import type { PlayerId } from '../contracts/ids.ts';
import type { Breaker } from '../platform/breaker.ts';
import { ApiError } from '../platform/errors.ts';
import { logger } from '../platform/telemetry/logger.ts';
import type { Board } from './board.ts';
import type { Scores } from './scores.ts';

const topSize = 100;
/** Players whose own place is remembered here for when nothing else is there, at a kilobyte each. */
const remembered = 5000;

const answer = (entries: string) => `{"entries":${entries},"cachedAt":"${new Date().toISOString()}","stale":false}`;
const stale = (json: string) => json.replace(/"stale":false}$/, '"stale":true}');

/**
 * Answers, as JSON: from Redis; while that is away or being filled, from the database; and when that is away too, the
 * last that was known, as stale.
 */
export class Ranking {
  private readonly board: Board;
  private readonly scores: Scores;
  private readonly breaker: Breaker;
  private topUnderWay: Promise<string | Buffer> | undefined;
  private lastTop: string | Buffer | undefined;
  private readonly lastAround = new LRUCache<PlayerId, string>({ max: remembered });

  constructor(board: Board, scores: Scores, breaker: Breaker) {
    this.board = board;
    this.scores = scores;
    this.breaker = breaker;
  }

  /** @throws UNAVAILABLE when it was never known */
  top(): Promise<string | Buffer> {
    // All who ask while an answer is on its way get that one.
    this.topUnderWay ??= this.readTop().finally(() => (this.topUnderWay = undefined));
    return this.topUnderWay;
  }

  /** The player's rank and the ten around it; without a score, none. @throws UNAVAILABLE when they were never known */
  async around(playerId: PlayerId): Promise<string> {
    const known = await this.board.around(playerId);
    const entries = known ?? (await this.fromDatabase(() => this.scores.around(playerId)));
    const last = entries === null ? this.lastAround.get(playerId) : answer(entries);
    if (last === undefined) throw neverKnown();
    this.lastAround.set(playerId, last);
    return entries === null ? stale(last) : last;
  }

  private async readTop(): Promise<string | Buffer> {
    const known = await this.board.top();
    if (known !== null) return (this.lastTop = known);
    const entries = await this.fromDatabase(() => this.scores.top(topSize));
    if (entries !== null) return (this.lastTop = answer(entries));
    const last = this.lastTop ?? (await this.board.lastTop());
    if (last === null) throw neverKnown();
    return stale(last.toString());
  }

  /** As JSON; null when the database is away. */
  private async fromDatabase(read: () => Promise<object[]>): Promise<string | null> {
    try {
      return JSON.stringify(await this.breaker.call(read));
    } catch (error) {
      logger.debug({ err: error }, 'the database does not say the ranking');
      return null;
    }
  }
}

const neverKnown = () =>
  new ApiError('UNAVAILABLE', 'The leaderboard cannot be read at the moment; try again soon.', { retryAfterMs: 1000 });
