import type { MikroORM } from '@mikro-orm/postgresql';
import { logger } from '../telemetry/logger.ts';

/**
 * The lives of a database, for those with an outbox; a migration of each. A restore begins a new one: Kafka is empty then,
 * and what was on its way when the old life ended has to be told again.
 */
export const livesTable = (...readers: string[]): string[] => [
  `create table lives (
     number int primary key check (number > 0),
     began_at timestamptz not null default now(),
     -- Events of the life before that were to be published again.
     told_again bigint not null default 0
   )`,
  // What was there before this table lived its first.
  `insert into lives (number) values (1)`,
  `grant select on lives to ${readers.join(', ')}`,
];

/** The life that the database is in. */
export const currentLife = async (orm: MikroORM): Promise<number> => {
  const [row] = await orm.em
    .getConnection()
    .execute<{ number: number }[]>('select max(number) as number from lives', [], 'all');
  return row?.number ?? 0;
};

/**
 * Begins a life unless the database is in it already. What the outbox keeps of the life before is published again, in its
 * order, decided in the one statement that records the new life; its consumers know from their inbox what they have seen.
 * @throws Error when the database is in a later life
 */
export const enterLife = async (orm: MikroORM, life: number): Promise<void> => {
  const current = await currentLife(orm);
  if (life < current) {
    throw new Error(
      `this database is in its life ${String(current)}, and was to be in life ${String(life)}: set databases.life to ` +
        `${String(current)}, or to a higher number when it has just been restored`,
    );
  }
  if (life === current) return;
  const [row] = await orm.em.getConnection().execute<{ again: number }[]>(
    `with again as (update outbox set published_at = null where published_at is not null returning 1)
     insert into lives (number, told_again) select ?, count(*) from again returning told_again::int as again`,
    [life],
    'all',
  );
  logger.info({ life, before: current, events: row?.again }, 'a new life: what the outbox keeps is published again');
};
