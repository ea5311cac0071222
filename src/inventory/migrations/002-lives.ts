import { Migration } from '@mikro-orm/migrations';
import { livesTable } from '../../platform/outbox/lives.ts';

export class Lives extends Migration {
  override up(): void {
    for (const statement of livesTable('inventory')) this.addSql(statement);
  }
}
