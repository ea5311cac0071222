import type { MatchId, PlayerId } from '../contracts/ids.ts';
import type { Database } from '../platform/database/database.ts';
import { windowFrom, windowSize } from './window.ts';

/** A player's total over all matches. */
export interface Total {
  playerId: PlayerId;
  username: string;
  score: number;
}

export interface Place extends Total {
  rank: number;
}

/** What one player scored in one match. */
export interface MatchScore {
  matchId: MatchId;
  playerId: PlayerId;
  username: string;
  points: number;
}

interface Row {
  playerId: PlayerId;
  username: string;
  score: string;
}

const columns = 'player_id as "playerId", username, score';
/** Ranked above ('>') or below ('<') the player `$1`, whose score is in `me`. */
const than = (side: '<' | '>') => `(score, player_id) ${side} ((select score from me), $1::uuid)`;
const total = ({ score, ...player }: Row): Total => ({ ...player, score: Number(score) });
const ranked = (totals: Total[], from: number): Place[] =>
  totals.map(({ playerId, username, score }, index) => ({ rank: from + index, playerId, username, score }));

/** The ranking as the database has it, which is the truth: by score, then by the player's id, both descending. */
export class Scores {
  private readonly database: Database;

  constructor(database: Database) {
    this.database = database;
  }

  /**
   * Counts what had not been counted before, all or nothing. What was counted is known by match and player, for ever.
   * @returns the new totals of the players concerned, and how many of the scores were new
   */
  count(scores: MatchScore[]): Promise<{ fresh: number; totals: Total[] }> {
    return this.database.transaction(async (transaction) => {
      // Keys in their order before players in theirs, so that two replicas never wait for each other in a circle.
      const counted = await transaction.query<{ player_id: PlayerId; points: number }>(
        {
          name: 'leaderboard-count',
          text: `insert into leaderboard.match_scores (match_id, player_id, points)
                 select "matchId", "playerId", points
                 from jsonb_to_recordset($1::jsonb) as r("matchId" uuid, "playerId" uuid, points int)
                 order by 1, 2 on conflict do nothing returning player_id, points`,
        },
        [JSON.stringify(scores)],
      );
      if (counted.length === 0) return { fresh: 0, totals: [] };
      const gained = new Map<PlayerId, number>();
      for (const { player_id, points } of counted) gained.set(player_id, points + (gained.get(player_id) ?? 0));
      const names = new Map(scores.map(({ playerId, username }) => [playerId.toLowerCase(), username]));
      const gains = [...gained].map(([playerId, points]) => ({ playerId, points, username: names.get(playerId) }));
      const rows = await transaction.query<Row>(
        {
          name: 'leaderboard-add',
          text: `insert into leaderboard.scores as s (player_id, username, score)
                 select "playerId", username, points
                 from jsonb_to_recordset($1::jsonb) as r("playerId" uuid, username text, points bigint)
                 order by 1
                 on conflict (player_id) do update
                   set score = s.score + excluded.score, username = excluded.username, updated_at = now()
                 returning ${columns}`,
        },
        [JSON.stringify(gains)],
      );
      return { fresh: counted.length, totals: rows.map(total) };
    });
  }

  async top(count: number): Promise<Place[]> {
    const rows = await this.database.query<Row>(
      {
        name: 'leaderboard-top',
        text: `select ${columns} from leaderboard.scores order by score desc, player_id desc limit $1`,
      },
      [count],
    );
    return ranked(rows.map(total), 1);
  }

  /** The player and the ten around it; nobody when the player has no score. */
  async around(playerId: PlayerId): Promise<Place[]> {
    const rows = await this.database.query<Row & { side: number; above: string }>(
      {
        name: 'leaderboard-around',
        text: `with me as (select score from leaderboard.scores where player_id = $1)
               select side, ${columns}, (select count(*) from leaderboard.scores where ${than('>')}) as above
               from (
                 (select 1 as side, * from leaderboard.scores where ${than('>')} order by score, player_id limit $2)
                 union all
                 (select 0 as side, * from leaderboard.scores where player_id = $1)
                 union all
                 (select -1 as side, * from leaderboard.scores where ${than('<')}
                  order by score desc, player_id desc limit $2)
               ) as near order by score desc, player_id desc`,
      },
      [playerId, windowSize - 1],
    );
    const me = rows.findIndex(({ side }) => side === 0);
    if (me === -1) return [];
    const from = windowFrom(me, rows.length);
    const first = Number(rows[me]?.above) - me + from + 1;
    return ranked(rows.slice(from, from + windowSize).map(total), first);
  }

  /** Every total, by pages. What changes meanwhile may or may not be in it. */
  async *pages(size: number): AsyncGenerator<Total[]> {
    for (let after = '00000000-0000-0000-0000-000000000000'; ;) {
      const rows: Row[] = await this.database.query<Row>(
        {
          name: 'leaderboard-page',
          text: `select ${columns} from leaderboard.scores where player_id > $1 order by player_id limit $2`,
        },
        [after, size],
      );
      if (rows.length > 0) yield rows.map(total);
      const last = rows.at(-1);
      if (!last || rows.length < size) return;
      after = last.playerId;
    }
  }
}
