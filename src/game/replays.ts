import { isDeepStrictEqual } from 'node:util';
import { LRUCache } from 'lru-cache';
import type { MatchId } from '../contracts/ids.ts';
import type { MatchReplay } from '../contracts/replay.ts';
import type { Database, Queryable } from '../platform/database/database.ts';
import { ApiError } from '../platform/errors.ts';
import { PreparedAnswer } from '../platform/http/route.ts';
import { logger } from '../platform/telemetry/logger.ts';
import { replayWith, type LogEntry, type MatchSetup } from '../rules/index.ts';
import type { Matches } from './matches.ts';

/** How much of replays is kept, in characters: the longest match is less than two million. */
const keptLength = 16_000_000;

/** Matches that are over, played again by the engine that they were played with. */
export class Replays {
  private readonly database: Database;
  private readonly matches: Matches;
  /** What is over never changes. Those who ask at once wait for one playing. */
  private readonly played = new LRUCache<MatchId, PreparedAnswer>({
    maxSize: keptLength,
    sizeCalculation: ({ json }) => json.length,
    fetchMethod: async (matchId) =>
      new PreparedAnswer(JSON.stringify(await this.database.read((on) => this.play(matchId, on)))),
  });

  constructor(database: Database, matches: Matches) {
    this.database = database;
    this.matches = matches;
  }

  /**
   * A `MatchReplay`.
   * @throws MATCH_NOT_FOUND, MATCH_NOT_FINISHED; Error when its engine is not known here or its actions don't fit
   */
  of(matchId: MatchId): Promise<PreparedAnswer> {
    return this.played.forceFetch(matchId);
  }

  private async play(matchId: MatchId, on: Queryable): Promise<MatchReplay> {
    const match = await this.matches.view(matchId, on);
    if (match.status !== 'FINISHED')
      throw new ApiError('MATCH_NOT_FINISHED', 'Only a match that is over has a replay.');
    const [[started], log] = await Promise.all([
      on.query<{ setup: MatchSetup; engine_version: number }>(
        { name: 'replay-setup', text: 'select setup, engine_version from matches where id = $1' },
        [matchId],
      ),
      on.query<LogEntry>(
        {
          name: 'replay-actions',
          text: 'select seq, payload as action from player_actions where match_id = $1 and seq is not null',
        },
        [matchId],
      ),
    ]);
    if (!started) throw new Error(`match ${matchId} is gone`);
    const { events } = replayWith(started.engine_version)(started.setup, log, { ended: true });
    const end = events.at(-1);
    if (end?.type !== 'MatchFinished' || !isDeepStrictEqual(end.payload.result, match.result)) {
      logger.error({ matchId }, 'a replay comes to another result than the match');
    }
    return { match, events };
  }
}
