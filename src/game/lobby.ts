import { randomBytes, randomUUID } from 'node:crypto';
import type { MatchCancelled, MatchStarted } from '../contracts/events.ts';
import { CorrelationId, MatchId, type PlayerId } from '../contracts/ids.ts';
import type { LobbyPlayer } from '../contracts/match.ts';
import type { Database, Transaction } from '../platform/database/database.ts';
import { ApiError } from '../platform/errors.ts';
import type { Caller } from '../platform/http/route.ts';
import { appendToOutbox, envelope } from '../platform/outbox/outbox.ts';
import type { Relay } from '../platform/outbox/relay.ts';
import { logger } from '../platform/telemetry/logger.ts';
import { createMatch, engineVersion, matchMs, type MatchSetup, type Rules } from '../rules/index.ts';
import type { Weapons } from './weapons.ts';

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
  private readonly weapons: Weapons;
  private readonly rules: Rules;

  constructor(database: Database, relay: Relay, weapons: Weapons, rules: Rules) {
    this.database = database;
    this.relay = relay;
    this.weapons = weapons;
    this.rules = rules;
  }

  /**
   * The player's running match or open lobby; else the oldest lobby with a free place; else a new one. Who makes a lobby
   * full starts it.
   * @throws NO_LOBBY for a bot when no lobby wants one
   */
  async join(caller: Caller, correlationId: CorrelationId): Promise<{ matchId: MatchId; joined: boolean }> {
    const { matchId, joined, full } = await this.takePlace(caller);
    if (full) {
      await this.settle({ matchId, players: full, correlationId }).catch((error: unknown) => {
        logger.warn({ err: error, matchId }, 'full lobby not started, trying again');
      });
    }
    return { matchId, joined };
  }

  /** Starts or cancels the lobbies whose time is up. */
  async settleOverdue(): Promise<void> {
    const overdue = await this.database.query<{ id: string; players: PlayerId[] }>({
      name: 'lobby-overdue',
      text: `select id, array(select player_id from match_players where match_id = id) as players
             from matches where status = 'PENDING' and lobby_ends_at <= now() order by lobby_ends_at limit 20`,
    });
    await Promise.all(
      overdue.map(({ id, players }) =>
        this.settle({
          matchId: MatchId.parse(id),
          players,
          correlationId: CorrelationId.parse(randomUUID()),
        }),
      ),
    );
  }

  /** Gives the caller a place. With the last one the lobby is closed at once, and `full` says who is in it. */
  private takePlace(caller: Caller): Promise<{ matchId: MatchId; joined: boolean; full?: PlayerId[] }> {
    return this.database.transaction(async (transaction) => {
      await transaction.query({ name: 'lobby-lock', text: 'select pg_advisory_xact_lock($1)' }, [joinLock]);
      const [current] = await transaction.query<{ match_id: string }>(
        { name: 'lobby-current', text: 'select match_id from match_players where player_id = $1 and active' },
        [caller.playerId],
      );
      if (current) return { matchId: MatchId.parse(current.match_id), joined: false };
      const matchId = (await this.openLobby(transaction, caller)) ?? (await this.newLobby(transaction, caller));
      await transaction.query(
        {
          name: 'lobby-join',
          text: 'insert into match_players (match_id, player_id, username, bot) values ($1, $2, $3, $4)',
        },
        [matchId, caller.playerId, caller.username, caller.bot],
      );
      const players = await playersOf(transaction, matchId);
      if (lobbyOutcome(this.rules, players.length, false) === 'open') return { matchId, joined: true };
      await transaction.query(
        { name: 'lobby-close', text: 'update matches set lobby_ends_at = clock_timestamp() where id = $1' },
        [matchId],
      );
      return { matchId, joined: true, full: players.map(({ playerId }) => playerId) };
    });
  }

  /**
   * Starts or cancels a lobby that is closed; one that another replica has in hand is left to it. The weapons are asked
   * for before anything is locked, and so of `players` who were seen before: who came in between is left to the next look.
   */
  private async settle(lobby: { matchId: MatchId; players: PlayerId[]; correlationId: CorrelationId }): Promise<void> {
    const { matchId, correlationId } = lobby;
    const weapons = await this.weapons(lobby.players);
    await this.database.transaction(async (transaction) => {
      const [closed] = await transaction.query<{ seed: string; now: Date }>(
        {
          name: 'lobby-closed',
          text: `select seed, clock_timestamp() as now from matches
                 where id = $1 and status = 'PENDING' and lobby_ends_at <= clock_timestamp() for update skip locked`,
        },
        [matchId],
      );
      if (!closed) return;
      const players = await playersOf(transaction, matchId);
      if (players.some(({ playerId }) => !lobby.players.includes(playerId))) return;
      if (lobbyOutcome(this.rules, players.length, true) === 'cancel') {
        await this.cancel(transaction, matchId, players, correlationId);
        return;
      }
      const setup: MatchSetup = {
        matchId,
        seed: closed.seed,
        startedAt: closed.now.getTime(),
        rules: this.rules,
        players: players.map((player) => ({ ...player, weapon: weapons.get(player.playerId) ?? null })),
      };
      await this.start(transaction, setup, correlationId);
    });
  }

  /** The oldest lobby that has a place for the caller: people go before bots, who only keep them company. */
  private async openLobby(transaction: Transaction, { bot }: Caller): Promise<MatchId | undefined> {
    const { maxPlayers, botsFillTo, botsJoinSeconds } = this.rules;
    const open = `select id from matches where status = 'PENDING' and lobby_ends_at > clock_timestamp()
                  and (select count(*) from match_players where match_id = id) < $1`;
    const first = 'order by lobby_ends_at limit 1 for update';
    const wantsBots = `and lobby_ends_at <= clock_timestamp() + make_interval(secs => $2)
                       and exists (select from match_players where match_id = id and not bot)`;
    const [lobby] = await transaction.query<{ id: string }>(
      bot
        ? { name: 'lobby-open-to-bots', text: `${open} ${wantsBots} ${first}` }
        : { name: 'lobby-open', text: `${open} ${first}` },
      bot ? [Math.min(botsFillTo, maxPlayers), botsJoinSeconds] : [maxPlayers],
    );
    return lobby && MatchId.parse(lobby.id);
  }

  private async newLobby(transaction: Transaction, { bot }: Caller): Promise<MatchId> {
    if (bot) throw new ApiError('NO_LOBBY', 'No lobby wants a bot right now.');
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

  private async start(transaction: Transaction, setup: MatchSetup, correlationId: CorrelationId): Promise<void> {
    const { matchId, rules } = setup;
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
        new Date(setup.startedAt),
        new Date(setup.startedAt + matchMs(rules)),
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
