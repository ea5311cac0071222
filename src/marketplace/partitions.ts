import type { Database } from '../platform/database/database.ts';

/** Months of trades that there is room for beside the current one, whatever becomes of this job. */
const monthsAhead = 3;

/** Makes the partitions of the months to come. The migration's function may create tables; this service may not. */
export const makePartitions = async (database: Database): Promise<void> => {
  await database.query({ text: 'select make_partitions($1)' }, [monthsAhead]);
};
