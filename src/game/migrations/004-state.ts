import { Migration } from '@mikro-orm/migrations';

/**
 * The state of a match changes with every action, its setup never: so the state stays in the row, and the setup is what is stored apart when both are
 * too long for it. The other way round, every action is a write to the table apart, and its index, too.
 */
export class State extends Migration {
  override up(): void {
    this.addSql('alter table matches alter column state set storage main');
  }
}
