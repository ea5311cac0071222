import type { Rewards } from '../../../src/reward/rewards.ts';
import { violationsAcross } from './across.ts';
import { within } from './within.ts';

export type DatabaseKey = 'game' | 'wallet' | 'inventory' | 'marketplace';

/** Runs a query in one of the databases. Numbers come as numbers. */
export type Ask = <Row>(database: DatabaseKey, query: string) => Promise<Row[]>;

/** A rule that does not hold, with what breaks it. */
export interface Violation {
  rule: string;
  rows: unknown[];
}

/** The query as one that answers with a single line of JSON: the same by a connection and by psql. */
export const asJson = (query: string): string =>
  `select coalesce(json_agg(r), '[]')::text as json from (${query}) as r`;

/** The rules that hold at every instant. */
export const checkWithin = async (ask: Ask): Promise<Violation[]> => {
  const all: Violation[] = [];
  for (const { rule, database, broken } of within) {
    const rows = await ask<unknown>(database, broken);
    if (rows.length > 0) all.push({ rule, rows });
  }
  return all;
};

/**
 * The money check: what holds at every instant in each database, and between the databases for what ended at least
 * `settledMs` ago.
 */
export const checkMoney = async (ask: Ask, rewards: Rewards, settledMs: number): Promise<Violation[]> => [
  ...(await checkWithin(ask)),
  ...(await violationsAcross({ ask, rewards, settledMs })),
];

/** For people: each rule that is broken, with a few of the rows. */
export const describe = (violations: readonly Violation[]): string =>
  violations
    .map(({ rule, rows }) =>
      [`NOT TRUE: ${rule} (${rows.length})`, ...rows.slice(0, 5).map((row) => `  ${JSON.stringify(row)}`)].join('\n'),
    )
    .join('\n');
