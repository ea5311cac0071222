import { LRUCache } from 'lru-cache';
import type { PlayerId } from '../contracts/ids.ts';
import type { Breaker } from '../platform/breaker.ts';
import { ApiError } from '../platform/errors.ts';
import { logger } from '../platform/telemetry/logger.ts';
import type { Board } from './board.ts';
import type { Place, Scores } from './scores.ts';
import { topSize } from './window.ts';

/** An answer of the contract, in JSON. */
type Json = string | Buffer;

/** Players whose own place is remembered here for when nothing else is there, at a kilobyte each. */
const remembered = 5000;

/**
 * Answers: from Redis; while that is away, or in doubt, from the database; and when that is away too, the last that is
 * known anywhere, as stale.
 */
export class Ranking {
  private readonly board: Board;
  private readonly scores: Scores;
  private readonly breaker: Breaker;
  private topUnderWay: Promise<Json> | undefined;
  private lastTop: Json | undefined;
  private readonly lastAround = new LRUCache<PlayerId, Json>({ max: remembered });

  constructor(board: Board, scores: Scores, breaker: Breaker) {
    this.board = board;
    this.scores = scores;
    this.breaker = breaker;
  }

  /** @throws UNAVAILABLE when it was never known */
  top(): Promise<Json> {
    // All who ask while an answer is on its way get that one.
    this.topUnderWay ??= this.answer(
      () => this.board.top(),
      () => this.scores.top(topSize),
      () => this.lastTop,
    )
      .then((json) => (this.lastTop = json))
      .finally(() => (this.topUnderWay = undefined));
    return this.topUnderWay;
  }

  /** The player's place and the ten around it; without a score, none. @throws UNAVAILABLE when it was never known */
  async around(playerId: PlayerId): Promise<Json> {
    const json = await this.answer(
      () => this.board.around(playerId),
      () => this.scores.around(playerId),
      () => this.lastAround.get(playerId),
    );
    this.lastAround.set(playerId, json);
    return json;
  }

  private async answer(
    inRedis: () => Promise<Json | null>,
    inDatabase: () => Promise<Place[]>,
    last: () => Json | undefined,
  ): Promise<Json> {
    const known = this.board.doubtful ? null : await inRedis();
    if (known !== null) return known;
    try {
      const entries = await this.breaker.call(inDatabase);
      this.board.adopt(entries);
      return JSON.stringify({ entries, cachedAt: new Date().toISOString(), stale: false });
    } catch (error) {
      // An open breaker has been told of.
      if (!(error instanceof ApiError)) logger.warn({ err: error }, 'the database does not say the ranking');
    }
    const stale = (await inRedis()) ?? last();
    if (stale === undefined) {
      const detail = 'The leaderboard cannot be read at the moment; try again soon.';
      throw new ApiError('UNAVAILABLE', detail, { retryAfterMs: 1000 });
    }
    return stale.toString().replace(/"stale":false}$/, '"stale":true}');
  }
}
