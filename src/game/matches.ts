import { LRUCache } from 'lru-cache';
import type { MatchHistory, MatchSummary, Page } from '../contracts/api.ts';
import type { MatchId, PlayerId } from '../contracts/ids.ts';
import type { LobbyPlayer, MatchResult, MatchStatus, MatchView, PlayerOutcome } from '../contracts/match.ts';
import { ApiError } from '../platform/errors.ts';
import type { Database, Queryable } from '../platform/database/database.ts';
import { view, type MatchSetup, type MatchState, type Rules } from '../rules/index.ts';

interface MatchRow {
  status: MatchStatus;
  seed: string;
  setup: MatchSetup | null;
  state: MatchState | null;
  seq: number;
  result: MatchResult | null;
  lobby_ends_at: Date;
  started_at: Date | null;
  ends_at: Date | null;
  finished_at: Date | null;
  now: Date;
  players: LobbyPlayer[];
}

interface SummaryRow {
  match_id: MatchId;
  status: MatchStatus;
  players: LobbyPlayer[];
  created_at: Date;
  started_at: Date | null;
  finished_at: Date | null;
  outcome: PlayerOutcome | null;
  final_score: number | null;
  result: MatchResult | null;
}

const iso = (date: Date | null): string | null => date?.toISOString() ?? null;
const playersOfMatch = `
  (select coalesce(jsonb_agg(jsonb_build_object('playerId', player_id, 'username', username, 'bot', bot)
     order by joined_at, player_id), '[]') from match_players where match_id = m.id) as players`;

/** Matches as game_db has them. */
/** What somebody knows of a match. */
interface KnownMatch {
  matchId: MatchId;
  seq: number;
  status: MatchStatus;
  players: number;
}

export class Matches {
  private readonly database: Database;
  private readonly rules: Rules;
  /** Who is in a match that has started: that never changes. */
  private readonly members = new LRUCache<MatchId, ReadonlySet<PlayerId>>({ max: 5000 });

  constructor(database: Database, rules: Rules) {
    this.database = database;
    this.rules = rules;
  }

  /** @throws MATCH_NOT_FOUND */
  async view(matchId: MatchId, on: Queryable = this.database): Promise<MatchView> {
    const [row] = await on.query<MatchRow>(
      {
        name: 'match-view',
        text: `select m.status, m.seed, m.setup, m.state, m.seq, m.result, m.lobby_ends_at, m.started_at, m.ends_at,
                 m.finished_at, clock_timestamp() as now, ${playersOfMatch} from matches m where m.id = $1`,
      },
      [matchId],
    );
    if (!row) throw notFound();
    const rules = row.setup?.rules ?? this.rules;
    return {
      matchId,
      status: row.status,
      seq: row.seq,
      gridSize: rules.map.gridSize,
      players: row.players,
      minPlayers: rules.minPlayers,
      maxPlayers: rules.maxPlayers,
      serverTime: row.now.toISOString(),
      lobbyEndsAt: row.status === 'PENDING' ? iso(row.lobby_ends_at) : null,
      startedAt: iso(row.started_at),
      endsAt: iso(row.ends_at),
      finishedAt: iso(row.finished_at),
      board: row.setup && row.state ? view(row.setup, row.state) : null,
      result: row.result,
      seed: row.status === 'FINISHED' ? row.seed : null,
    };
  }

  /** @throws MATCH_NOT_FOUND, NOT_IN_MATCH */
  async assertMember(matchId: MatchId, playerId: PlayerId): Promise<void> {
    const members = this.members.get(matchId) ?? (await this.readMembers(matchId));
    if (!members.has(playerId)) throw new ApiError('NOT_IN_MATCH', 'You are not a player of this match.');
  }

  /** The caller's matches, newest first. */
  async history(playerId: PlayerId, { page, limit }: Page): Promise<MatchHistory> {
    const [[count], rows] = await this.database.read((on) =>
      Promise.all([
        on.query<{ total: number }>(
          {
            name: 'match-history-count',
            text: 'select count(*)::int as total from match_players where player_id = $1',
          },
          [playerId],
        ),
        on.query<SummaryRow>(
          {
            name: 'match-history',
            text: `select m.id as match_id, m.status, m.created_at, m.started_at, m.finished_at, m.result, p.outcome,
                     p.final_score, ${playersOfMatch}
                   from match_players p join matches m on m.id = p.match_id where p.player_id = $1
                   order by p.joined_at desc limit $2 offset $3`,
          },
          [playerId, limit, (page - 1) * limit],
        ),
      ]),
    );
    return { items: rows.map(summary), total: count?.total ?? 0, page };
  }

  /** The matches among these whose `seq` or status is not what is known of them, and the lobbies with another number of players. */
  async changed(known: KnownMatch[]): Promise<MatchId[]> {
    const rows = await this.database.query<{ id: MatchId }>(
      {
        name: 'match-changed',
        text: `select m.id from jsonb_to_recordset($1::jsonb) as k("matchId" uuid, seq int, status text, players int)
               join matches m on m.id = k."matchId"
               -- By the ids too: how many rows the JSON has, no plan knows, and it would read all matches for them.
               where m.id = any ($2::uuid[]) and (m.seq <> k.seq or m.status <> k.status or m.status = 'PENDING'
                 and (select count(*) from match_players p where p.match_id = m.id) <> k.players)`,
      },
      [JSON.stringify(known), known.map(({ matchId }) => matchId)],
    );
    return rows.map(({ id }) => id);
  }

  private async readMembers(matchId: MatchId): Promise<ReadonlySet<PlayerId>> {
    const { status, players } = await this.view(matchId);
    const members = new Set(players.map((player) => player.playerId));
    if (status !== 'PENDING') this.members.set(matchId, members);
    return members;
  }
}

const notFound = () => new ApiError('MATCH_NOT_FOUND', 'There is no match with this id.');

const summary = (row: SummaryRow): MatchSummary => ({
  matchId: row.match_id,
  status: row.status,
  players: row.players,
  createdAt: row.created_at.toISOString(),
  startedAt: iso(row.started_at),
  finishedAt: iso(row.finished_at),
  outcome: row.outcome,
  score: row.final_score,
  result: row.result,
});
