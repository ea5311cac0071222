import { Migration } from '@mikro-orm/migrations';

export class CreateIdentity extends Migration {
  override up(): void {
    this.addSql(`
      create table identity.accounts (
        player_id uuid primary key,
        username text not null,
        password_hash text,
        created_at timestamptz not null default now(),
        registered_at timestamptz
      )`);
    this.addSql('create unique index accounts_username on identity.accounts (lower(username))');
    this.addSql(`
      create table identity.sessions (
        id uuid primary key,
        player_id uuid not null references identity.accounts on delete cascade,
        token_hash bytea not null,
        created_at timestamptz not null default now(),
        expires_at timestamptz not null
      )`);
    this.addSql('create index sessions_player on identity.sessions (player_id)');
    this.addSql('create index sessions_expiry on identity.sessions (expires_at)');
    this.addSql('grant usage on schema identity to gateway');
    this.addSql('grant select on identity.migrations to gateway');
    this.addSql('grant select, insert, update on identity.accounts to gateway');
    this.addSql('grant select, insert, update, delete on identity.sessions to gateway');
  }
}
