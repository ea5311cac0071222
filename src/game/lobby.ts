import { randomBytes, randomUUID } from 'node:crypto';
import type { MatchCancelled, MatchStarted } from '../contracts/events.ts';
import { CorrelationId, MatchId } from '../contracts/ids.ts';
import type { LobbyPlayer } from '../contracts/match.ts';
import type { Database, Transaction } from '../platform/database/database.ts';
import type { Caller } from '../platform/http/route.ts';
import { appendToOutbox, envelope } from '../platform/outbox/outbox.ts';
import type { Relay } from '../platform/outbox/relay.ts';
import { createMatch, engineVersion, matchMs, type MatchSetup, type Rules } from '../rules/index.ts';

/** What becomes of a lobby with so many players, before or at its deadline. */
export const lobbyOutcome = (
  rules: Pick<Rules, 'minPlayers' | 'maxPlayers'>,
  players: number,
  overdue: boolean,
): 'open' | 'start' | 'cancel' => {
  if (players >= rules.maxPlayers) return 'start';
  if (!overdue) return 'open';
  return players >= rules.minPlayers ? 'start' : 'cancel';
};

/** Joins are one after the other, so that two who come at once meet, and a lobby never has a player too many. */
const joinLock = 4_717_002;

/** Puts players into lobbies, and lobbies into matches. The tables are the only memory: any replica does any step. */
export class Lobby {
  private readonly database: Database;
  private readonly relay: Relay;
  private readonly rules: Rules;

  constructor(database: Database, relay: Relay, rules: Rules) {
    this.database = database;
    this.relay = relay;
    this.rules = rules;
  }

  /** The player's running match or open lobby; else the oldest lobby with a free place; else a new one. */
  async join(caller: Caller, correlationId: CorrelationId): Promise<{ matchId: MatchId; joined: boolean }> {
    return this.database.transaction(async (transaction) => {
      await transaction.query({ name: 'lobby-lock', text: 'select pg_advisory_xact_lock($1)' }, [joinLock]);
      const [current] = await transaction.query<{ match_id: string }>(
        { name: 'lobby-current', text: 'select match_id from match_players where player_id = $1 and active' },
        [caller.playerId],
      );
      if (current) return { matchId: MatchId.parse(current.match_id), joined: false };
      const matchId = (await this.openLobby(transaction)) ?? (await this.newLobby(transaction));
      await transaction.query(
        { name: 'lobby-join', text: 'insert into match_players (match_id, player_id, username) values ($1, $2, $3)' },
        [matchId, caller.playerId, caller.username],
      );
      const players = await playersOf(transaction, matchId);
      if (lobbyOutcome(this.rules, players.length, false) === 'start') {
        await this.start(transaction, matchId, players, correlationId);
      }
      return { matchId, joined: true };
    });
  }

  /** Starts or cancels the lobbies whose time is up; those that another replica has in hand are left to it. */
  async settleOverdue(): Promise<void> {
    await this.database.transaction(async (transaction) => {
      const overdue = await transaction.query<{ id: string }>({
        name: 'lobby-overdue',
        text: `select id from matches where status = 'PENDING' and lobby_ends_at <= now()
               order by id for update skip locked limit 20`,
      });
      for (const { id } of overdue) {
        const matchId = MatchId.parse(id);
        const players = await playersOf(transaction, matchId);
        const correlationId = CorrelationId.parse(randomUUID());
        if (lobbyOutcome(this.rules, players.length, true) === 'start') {
          await this.start(transaction, matchId, players, correlationId);
        } else {
          await this.cancel(transaction, matchId, players, correlationId);
        }
      }
    });
  }

  private async openLobby(transaction: Transaction): Promise<MatchId | undefined> {
    const [open] = await transaction.query<{ id: string }>({
      name: 'lobby-open',
      text: `select id from matches where status = 'PENDING' and lobby_ends_at > now()
             order by lobby_ends_at limit 1 for update`,
    });
    return open && MatchId.parse(open.id);
  }

  private async newLobby(transaction: Transaction): Promise<MatchId> {
    const matchId = MatchId.parse(randomUUID());
    await transaction.query(
      {
        name: 'lobby-new',
        text: `insert into matches (id, status, seed, lobby_ends_at)
               values ($1, 'PENDING', $2, now() + make_interval(secs => $3))`,
      },
      [matchId, randomBytes(24).toString('base64url'), this.rules.lobbySeconds],
    );
    return matchId;
  }

  private async start(
    transaction: Transaction,
    matchId: MatchId,
    players: LobbyPlayer[],
    correlationId: CorrelationId,
  ): Promise<void> {
    const [row] = await transaction.query<{ seed: string; now: Date }>(
      { name: 'lobby-seed', text: 'select seed, clock_timestamp() as now from matches where id = $1' },
      [matchId],
    );
    if (!row) throw new Error(`match ${matchId} is gone`);
    const setup: MatchSetup = {
      matchId,
      seed: row.seed,
      startedAt: row.now.getTime(),
      rules: this.rules,
      players: players.map((player) => ({ ...player, weapon: null })),
    };
    const { state, events } = createMatch(setup);
    await transaction.query(
      {
        name: 'lobby-start',
        text: `update matches set status = 'RUNNING', setup = $2, engine_version = $3, state = $4, seq = $5,
                 started_at = $6, ends_at = $7 where id = $1`,
      },
      [
        matchId,
        JSON.stringify(setup),
        engineVersion,
        JSON.stringify(state),
        state.seq,
        row.now,
        new Date(setup.startedAt + matchMs(this.rules)),
      ],
    );
    const started = events.filter((event) => event.type === 'MatchStarted');
    await appendToOutbox(
      transaction,
      started.map((event) => ({
        topic: 'match-events',
        key: matchId,
        event: { ...envelope(correlationId, null), ...event } satisfies MatchStarted,
      })),
    );
    transaction.afterCommit(() => {
      this.relay.wake();
    });
  }

  private async cancel(
    transaction: Transaction,
    matchId: MatchId,
    players: LobbyPlayer[],
    correlationId: CorrelationId,
  ): Promise<void> {
    await transaction.query(
      { name: 'lobby-cancel', text: `update matches set status = 'CANCELLED', finished_at = now() where id = $1` },
      [matchId],
    );
    await transaction.query(
      { name: 'lobby-leave', text: 'update match_players set active = false where match_id = $1' },
      [matchId],
    );
    const cancelled: MatchCancelled = {
      ...envelope(correlationId, null),
      type: 'MatchCancelled',
      payload: { matchId, players },
    };
    await appendToOutbox(transaction, [{ topic: 'match-events', key: matchId, event: cancelled }]);
    transaction.afterCommit(() => {
      this.relay.wake();
    });
  }
}

const playersOf = (transaction: Transaction, matchId: MatchId): Promise<LobbyPlayer[]> =>
  transaction.query<LobbyPlayer>(
    {
      name: 'lobby-players',
      text: `select player_id as "playerId", username, bot from match_players where match_id = $1
             order by joined_at, player_id`,
    },
    [matchId],
  );
