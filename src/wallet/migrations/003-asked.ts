import { Migration } from '@mikro-orm/migrations';

/** When game was last asked what became of an action whose stamp is held. */
export class Asked extends Migration {
  override up(): void {
    this.addSql('alter table stamp_reservations add column asked_at timestamptz');
  }
}
