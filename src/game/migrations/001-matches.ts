import { Migration } from '@mikro-orm/migrations';
import { outboxTables } from '../../platform/outbox/outbox.ts';

/** The tables that game and combat share, and what each of the two may do with them. */
export class Matches extends Migration {
  override up(): void {
    this.addSql(`
      create table matches (
        id uuid primary key,
        status text not null check (status in ('PENDING', 'RUNNING', 'FINISHED', 'CANCELLED')),
        seed text not null,
        -- What is settled at the start and never changes: rules, players, weapons. A match replays from it and its actions.
        setup jsonb,
        map jsonb generated always as (setup -> 'rules' -> 'map') stored,
        engine_version int,
        state jsonb,
        seq int not null default 0,
        result jsonb,
        created_at timestamptz not null default now(),
        lobby_ends_at timestamptz not null,
        started_at timestamptz,
        ends_at timestamptz,
        finished_at timestamptz
      ) with (fillfactor = 60, autovacuum_vacuum_scale_factor = 0.05)`);
    // The state changes with every action: uncompressed, it costs less to read and write.
    this.addSql(`alter table matches alter column state set storage external`);
    this.addSql(`create index matches_lobbies on matches (lobby_ends_at) where status = 'PENDING'`);
    this.addSql(`create index matches_running on matches (ends_at) where status = 'RUNNING'`);
    this.addSql(`
      create table match_players (
        match_id uuid not null references matches,
        player_id uuid not null,
        username text not null,
        bot boolean not null default false,
        joined_at timestamptz not null default clock_timestamp(),
        -- While its match is open or running. A player is in one match at a time.
        active boolean not null default true,
        final_score int,
        outcome text check (outcome in ('WINNER', 'SURVIVOR', 'ELIMINATED')),
        primary key (match_id, player_id)
      )`);
    this.addSql(`create unique index match_players_active on match_players (player_id) where active`);
    this.addSql(`create index match_players_history on match_players (player_id, joined_at desc)`);
    this.addSql(`
      create table player_actions (
        player_id uuid not null,
        action_id uuid not null,
        match_id uuid not null,
        action_type text not null,
        payload jsonb not null,
        -- Which request the key was first used for; the same key with another is refused.
        fingerprint text not null,
        -- The place of an action that took effect in its match's order; null for a rejected one.
        seq int,
        outcome jsonb not null,
        created_at timestamptz not null default now(),
        primary key (player_id, action_id)
      )`);
    this.addSql(`create index player_actions_replay on player_actions (match_id, seq) where seq is not null`);
    for (const table of outboxTables) this.addSql(table);
    this.addSql(`grant usage on schema public to game, combat`);
    this.addSql(`grant select on migrations to game, combat`);
    this.addSql(`grant select, insert, update on matches, match_players to game`);
    this.addSql(`grant select on player_actions to game`);
    this.addSql(`grant insert on outbox to game`);
    this.addSql(`grant select, update on matches, match_players to combat`);
    this.addSql(`grant select, insert on player_actions to combat`);
    this.addSql(`grant select, insert, update, delete on outbox, inbox to combat`);
  }
}
