import type { Database } from '../platform/database/database.ts';
import { logger } from '../platform/telemetry/logger.ts';

/** Months of trades that there is room for beside the current one, whatever becomes of this job. */
const monthsAhead = 3;

/** Makes the partitions of the months to come. The migration's function may create tables; this service may not. */
export const makePartitions = async (database: Database): Promise<void> => {
  await database.query({ text: 'select make_partitions($1)' }, [monthsAhead]);
};

/**
 * Takes the months before the last `keepMonths` out of `trades` and `saga_log`; 0 keeps all. They are tables of their own
 * from then on (`trades_2026_01`), and what says that an id or a key was used stays.
 */
export const detachPartitions = async (database: Database, keepMonths: number): Promise<void> => {
  if (keepMonths === 0) return;
  const detached = await database.query<{ name: string }>({ text: 'select name from detach_partitions($1) as name' }, [
    keepMonths,
  ]);
  if (detached.length > 0) logger.info({ detached: detached.map(({ name }) => name) }, 'months of trades detached');
};
