import { Migration } from '@mikro-orm/migrations';

/** Months of trades that are no longer kept leave `trades` and `saga_log`, as tables of their own. */
export class OldTrades extends Migration {
  override up(): void {
    // The service may not alter tables; it may call this. Not `concurrently`, which no function can: instead it gives way at
    // once when it would have to wait, as whoever trades would wait behind it. A month with a trade under way stays.
    this.addSql(`
      create function detach_partitions(keep_months int) returns setof text
        language plpgsql security definer set search_path = public, pg_temp set lock_timeout = '100ms' as $$
      declare
        oldest text := to_char(now() at time zone 'UTC' - make_interval(months => greatest(keep_months, 1)), 'YYYY_MM');
        month text;
        parent text;
        under_way boolean;
      begin
        -- Another replica is at it.
        if not pg_try_advisory_xact_lock(hashtext('make_partitions')) then return; end if;
        for month in
          select right(relname, 7) from pg_inherits join pg_class on oid = inhrelid
          where inhparent = 'trades'::regclass and right(relname, 7) < oldest order by 1
        loop
          execute format('select exists (select from %I where status = ''PENDING'')', 'trades_' || month) into under_way;
          continue when under_way;
          foreach parent in array array['trades', 'saga_log'] loop
            execute format('alter table %I detach partition %I', parent, parent || '_' || month);
            return next parent || '_' || month;
          end loop;
        end loop;
      end $$`);
    this.addSql(`revoke execute on function detach_partitions from public`);
    this.addSql(`grant execute on function detach_partitions to marketplace`);
  }
}
