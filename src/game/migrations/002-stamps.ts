import { Migration } from '@mikro-orm/migrations';

/** Game itself records the outcome of an action that has no stamp, or that never arrived. */
export class Stamps extends Migration {
  override up(): void {
    this.addSql(`grant insert on player_actions to game`);
  }
}
