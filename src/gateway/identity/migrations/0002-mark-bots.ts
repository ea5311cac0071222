import { Migration } from '@mikro-orm/migrations';

export class MarkBots extends Migration {
  override up(): void {
    this.addSql('alter table identity.accounts add column bot boolean not null default false');
  }
}
