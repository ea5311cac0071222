import { Migration } from '@mikro-orm/migrations';

export class Scores extends Migration {
  override up(): void {
    this.addSql(`
      create table leaderboard.scores (
        player_id uuid primary key,
        -- As of the last match.
        username text not null,
        score bigint not null check (score >= 0),
        updated_at timestamptz not null default now()
      )`);
    this.addSql('create index scores_ranking on leaderboard.scores (score desc, player_id desc)');
    // What has been counted. It is kept for ever: a match that is told again, however late, counts once.
    this.addSql(`
      create table leaderboard.match_scores (
        match_id uuid not null,
        player_id uuid not null,
        points int not null check (points >= 0),
        counted_at timestamptz not null default now(),
        primary key (match_id, player_id)
      )`);
    this.addSql('grant usage on schema leaderboard to leaderboard');
    this.addSql('grant select on leaderboard.migrations to leaderboard');
    this.addSql('grant select, insert, update on leaderboard.scores to leaderboard');
    this.addSql('grant select, insert on leaderboard.match_scores to leaderboard');
  }
}
