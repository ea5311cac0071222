import { setTimeout as sleep } from 'node:timers/promises';
import type { Pool, PoolClient } from 'pg';
import { ApiError, isUnavailable, UnavailableError } from '../errors.ts';
import type { Lifecycle } from '../lifecycle.ts';
import { logger } from '../telemetry/logger.ts';
import { metrics } from '../telemetry/metrics.ts';

/** How often, and how long, a standby that is behind is asked again. */
const askEveryMs = 5;
const waitMs = 100;
/** After a failure the standbys are left alone so long; then one reading tries again. */
const leftAloneMs = 1000;

/**
 * The standbys of a database, for work that only reads. What they answer is never older than the question: before, a
 * standby has to come as far as the primary is by then, a matter of milliseconds. So nobody misses what it just did.
 */
export class Standby {
  private readonly service: string;
  private readonly pool: Pool;
  /** How far the primary is, as a position in its log. */
  private readonly position: () => Promise<string>;
  private triedAgainAt = 0;

  constructor(service: string, pool: Pool, position: () => Promise<string>, lifecycle: Lifecycle) {
    this.service = service;
    this.pool = pool;
    this.position = position;
    pool.on('error', () => undefined); // Of a connection that nobody uses; the next one tells.
    lifecycle.onStop('standby', () => pool.end());
  }

  /** Does the work on a standby, or where none answers in time, `onPrimary`. @throws what the work throws */
  async read<T>(work: (client: PoolClient) => Promise<T>, onPrimary: () => Promise<T>): Promise<T> {
    const position = await this.position();
    const answer = await this.attempt(position, work);
    metrics.databaseReads.inc({ service: this.service, server: answer ? 'standby' : 'primary' });
    return answer ? answer.value : onPrimary();
  }

  private async attempt<T>(
    position: string,
    work: (client: PoolClient) => Promise<T>,
  ): Promise<{ value: T } | undefined> {
    if (Date.now() < this.triedAgainAt) return undefined;
    // While this one tries, the others don't.
    if (this.triedAgainAt !== 0) this.triedAgainAt = Date.now() + leftAloneMs;
    try {
      const client = await this.pool.connect();
      try {
        if (!(await reaches(client, position))) throw new UnavailableError('the standby is behind');
        const value = await work(client);
        this.triedAgainAt = 0;
        client.release();
        return { value };
      } catch (error) {
        // Unless it is an answer too: the next connection may lead to another standby.
        client.release(!(error instanceof ApiError));
        throw error;
      }
    } catch (error) {
      if (!isUnavailable(error)) throw error;
      this.leaveAlone(error);
      return undefined;
    }
  }

  private leaveAlone(why: unknown): void {
    if (this.triedAgainAt === 0) logger.warn({ err: why }, 'no standby to read from: the primary is asked');
    this.triedAgainAt = Date.now() + leftAloneMs;
  }
}

/** Whether the server is a standby that has come as far as `position`, or does so soon. */
const reaches = async (client: PoolClient, position: string): Promise<boolean> => {
  for (const until = Date.now() + waitMs; ;) {
    const { rows } = await client.query<{ there: boolean | null }>({
      name: 'standby-reaches',
      text: 'select case when pg_is_in_recovery() then pg_last_wal_replay_lsn() >= $1::pg_lsn end as there',
      values: [position],
    });
    const there = rows[0]?.there ?? null;
    if (there !== false || Date.now() > until) return there === true;
    await sleep(askEveryMs);
  }
};
