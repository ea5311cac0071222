import { Migration } from '@mikro-orm/migrations';

export class Notifications extends Migration {
  override up(): void {
    this.addSql(`
      create table notification.notifications (
        -- The event that it tells of. One event may concern several players, each once.
        id uuid not null,
        player_id uuid not null,
        type text not null,
        payload jsonb not null,
        -- When the event happened.
        created_at timestamptz not null,
        primary key (player_id, id)
      )`);
    this.addSql('create index notifications_recent on notification.notifications (player_id, created_at desc)');
    this.addSql('create index notifications_age on notification.notifications (created_at)');
    this.addSql('grant usage on schema notification to notification');
    this.addSql('grant select on notification.migrations to notification');
    this.addSql('grant select, insert, delete on notification.notifications to notification');
  }
}
