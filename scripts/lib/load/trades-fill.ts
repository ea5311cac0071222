import { execFile } from 'node:child_process';
import { chmodSync, createReadStream, readdirSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import type pg from 'pg';
import { postgresFolder, withPostgres, type DatabaseServer } from '../postgres.ts';

export interface Filling {
  /** Of `trades`, spread evenly over the months. */
  trades: number;
  /** The current one, and those before it. */
  months: number;
  /** When the last of them was made, in ms since 1970. */
  until: number;
}

/** Trades of each player as a buyer, and as a seller. */
export const tradesEach = 50;
/** For one that sold there are others that failed. */
const tradesOfAListing = 10;
const stepsOfATrade = 6;
const kinds = `(array['iron_sword', 'steel_sword', 'rare_sword_01'])`;

const spread = 2_654_435_761n;
/** What something is known by, from its number: as far apart as random ones. In SQL: `numbered(kind, n)`. */
export const numbered = (kind: 'player' | 'listing', n: number): string => {
  const head = ((BigInt(n) * spread) % 2n ** 32n).toString(16).padStart(8, '0');
  const place = { player: '0002', listing: '0003' }[kind];
  return `${head}-${place}-4000-8000-${n.toString(16).padStart(12, '0')}`;
};
const numberedInSql = `create function numbered(kind text, n bigint) returns uuid language sql immutable as $$
  select (lpad(to_hex((n * ${spread}) % 4294967296), 8, '0')
    || case kind when 'player' then '-0002' else '-0003' end
    || '-4000-8000-' || lpad(to_hex(n), 12, '0'))::uuid $$`;

/** A month, from `from` to before `to`, and its trades, from `first` to before `end`, one every `every`. Times in ms since 1970. */
interface Month {
  name: string;
  from: number;
  to: number;
  first: number;
  end: number;
  every: number;
}

const monthsOf = ({ trades, months, until }: Filling): Month[] => {
  const now = new Date(until);
  const start = (back: number) => Date.UTC(now.getUTCFullYear(), now.getUTCMonth() - back);
  const share = (n: number) => Math.floor((trades * n) / months);
  return Array.from({ length: months }, (_, n) => {
    const [from, to] = [start(months - 1 - n), start(months - 2 - n)];
    const [first, end] = [share(n), share(n + 1)];
    const name = new Date(from).toISOString().slice(0, 7).replace('-', '_');
    return { name, from, to, first, end, every: Math.floor((Math.min(to, until) - from) / (end - first)) };
  });
};

/** The number of the first trade of the current month. */
export const firstOfThisMonth = (filling: Filling): number => monthsOf(filling).at(-1)?.first ?? 0;

/** The id of a trade, which says when it began, from its number. In SQL: `trade_id(at, n)`. */
export const tradeNumbered = (filling: Filling, n: number): string => {
  const month = monthsOf(filling).find(({ first, end }) => n >= first && n < end);
  if (!month) throw new Error(`There are ${filling.trades} trades, and no number ${n}`);
  const at = month.from + month.every * (n - month.first);
  const [time, number] = [at, n].map((each) => each.toString(16).padStart(12, '0')) as [string, string];
  return `${time.slice(0, 8)}-${time.slice(8)}-7000-8000-${number}`;
};
const tradeIdInSql = `create function trade_id(at bigint, n bigint) returns uuid language sql immutable as $$
  select (lpad(to_hex(at), 12, '0') || '70008000' || lpad(to_hex(n), 12, '0'))::uuid $$`;

export const playersOf = ({ trades }: Filling): number => Math.max(4, Math.floor(trades / tradesEach));
/** Coprime to any number of players that we make: everybody buys from everybody. */
const sellerStep = 104_729;

/** Fills an empty marketplace_db with what so many trades have left there, by COPY, and prepares it as autovacuum would. */
export const fillTrades = (
  server: DatabaseServer,
  database: string,
  folder: string,
  filling: Filling,
  progress: (line: string) => void,
): Promise<void> =>
  withPostgres(server, database, (client) =>
    withPostgres(server, database, async (other) => {
      const pipe = join(postgresFolder(folder), 'pipe');
      await promisify(execFile)('mkfifo', [pipe]);
      chmodSync(pipe, 0o666);
      for (const each of [client, other])
        await each.query(`set maintenance_work_mem = '512MB'; set synchronous_commit = off`);
      const copy = async (table: string, columns: string, select: string) => {
        await Promise.all([
          other.query(`copy (${select}) to '${pipe}' (format binary)`),
          client.query(`copy ${table} (${columns}) from '${pipe}' (format binary)`),
        ]);
      };
      try {
        await client.query(numberedInSql);
        await client.query(tradeIdInSql);
        await fill(client, copy, filling, progress);
      } finally {
        rmSync(pipe);
      }
    }),
  );

type Copy = (table: string, columns: string, select: string) => Promise<void>;

const fill = async (client: pg.Client, copy: Copy, filling: Filling, progress: (line: string) => void) => {
  const { trades } = filling;
  const players = playersOf(filling);
  await client.query('alter table trade_keys drop constraint trade_keys_listing_id_fkey');
  const listings = Math.max(1, Math.floor(trades / tradesOfAListing));
  await withoutIndexes(client, 'listings', () =>
    copy(
      'listings',
      'id, item_id, item, seller_id, seller_name, price, status, created_at, closed_at',
      `select numbered('listing', n), gen_random_uuid(), ${kinds}[1 + n % 3],
         numbered('player', (n * ${tradesOfAListing} * ${sellerStep} + 1) % ${players}), 'somebody', 1 + (n % 3000)::int, 'SOLD', at, at
       from generate_series(0::bigint, ${listings - 1}) as n,
         lateral (select (now() - interval '1 hour' * (${listings} - n) / ${listings})::timestamptz(3) as at) as t`,
    ),
  );
  // As many offers whatever was sold before.
  await client.query(`insert into listings (id, item_id, item, seller_id, seller_name, price, created_at)
    select gen_random_uuid(), gen_random_uuid(), ${kinds}[1 + n % 3], numbered('player', n % ${players}), 'somebody', n, now() - n * interval '1 minute'
    from generate_series(1, 200) as n`);

  for (const { name, from, to, first, end, every } of monthsOf(filling)) {
    const [start, stop] = [from, to].map((ms) => new Date(ms).toISOString());
    const within = `select n, ms, to_timestamp(ms / 1000.0)::timestamptz(3) as at
      from generate_series(${first}::bigint, ${end - 1}) as n,
        lateral (select ${from} + ${every} * (n - ${first}) as ms) as m`;
    // The index of what is attached is made then: faster than row by row.
    const partition = async (of: string, work: (table: string) => Promise<void>) => {
      const table = `${of}_${name}`;
      await client.query(`drop table if exists ${table}`);
      await client.query(
        `create table ${table} (like ${of} including defaults including generated including constraints) with (fillfactor = 70)`,
      );
      await work(table);
      await client.query(`alter table ${of} attach partition ${table} for values from ('${start}') to ('${stop}')`);
      await client.query(`vacuum (freeze, analyze) ${table}`);
    };
    await partition('trades', (table) =>
      copy(
        table,
        `id, listing_id, item_id, item, buyer_id, buyer_name, seller_id, seller_name, price, fee, correlation_id, saga_state,
         attempt, steps, created_at, updated_at`,
        `select trade_id(ms, n), numbered('listing', n / ${tradesOfAListing} % ${listings}), gen_random_uuid(), 'iron_sword',
           numbered('player', n % ${players}), 'somebody', numbered('player', (n * ${sellerStep} + 1) % ${players}), 'another',
           1 + (n % 3000)::int, 0, gen_random_uuid(), case n % ${tradesOfAListing} when 0 then 'COMPLETED' else 'FAILED' end,
           0, ${stepsOfATrade}, at, at
         from (${within}) as t`,
      ),
    );
    // Nothing ever looks at the steps of older months again.
    await partition('saga_log', async (table) => {
      if (end < trades) return;
      await copy(
        table,
        'trade_id, step, state, cause, at, trade_created_at',
        `select trade_id(ms, n), step, 'COMPLETED', 'ItemTransferred', at, at
         from (${within}) as t, generate_series(1, ${stepsOfATrade}) as step`,
      );
    });
    progress(`${end} trades, up to ${name}`);
  }
  await withoutIndexes(client, 'trade_keys', () =>
    copy(
      'trade_keys',
      'trade_id, buyer_id, idempotency_key, listing_id, created_at',
      monthsOf(filling)
        .map(({ name }) => `select id, buyer_id, gen_random_uuid(), listing_id, created_at from trades_${name}`)
        .join(' union all '),
    ),
  );
  await client.query(
    'alter table trade_keys add constraint trade_keys_listing_id_fkey foreign key (listing_id) references listings not valid',
  );
  await client.query('vacuum (freeze, analyze) listings, trade_keys');
  await client.query('analyze trades');
  await client.query('checkpoint');
  progress('all is there');
};

/**
 * Reads what is in daily use, as a server that has run for a while has it in the memory of its machine: the current month,
 * the listings, and what tells which keys were used.
 * @param data PostgreSQL's folder
 * @returns bytes
 */
export const warmTrades = (server: DatabaseServer, database: string, data: string, filling: Filling): Promise<number> =>
  withPostgres(server, database, async (client) => {
    const month = monthsOf(filling).at(-1)?.name;
    const { rows } = await client.query<{ path: string }>(
      `select pg_relation_filepath(c.oid) as path from pg_class c left join pg_index i on i.indexrelid = c.oid
       join pg_class t on t.oid = coalesce(i.indrelid, c.oid)
       where t.oid in ('trades_${month}'::regclass, 'saga_log_${month}'::regclass, 'listings'::regclass)
         or t.oid = 'trade_keys'::regclass and c.relkind = 'i'`,
    );
    let bytes = 0;
    for (const { path } of rows) {
      const folder = join(data, dirname(path));
      // More than a GiB is in several files.
      const files = readdirSync(folder).filter(
        (file) => file === basename(path) || file.startsWith(`${basename(path)}.`),
      );
      for (const file of files) {
        for await (const chunk of createReadStream(join(folder, file), { highWaterMark: 2 ** 20 })) {
          bytes += (chunk as Buffer).length;
        }
      }
    }
    return bytes;
  });

/** Makes the keys and indexes of the table anew after the work: sorted, and so in a fraction of the time. */
const withoutIndexes = async (client: pg.Client, table: string, work: () => Promise<void>): Promise<void> => {
  const { rows: keys } = await client.query<{ name: string; definition: string }>(
    `select conname as name, pg_get_constraintdef(oid) as definition from pg_constraint
     where conrelid = '${table}'::regclass and contype in ('p', 'u')`,
  );
  for (const { name } of keys) await client.query(`alter table ${table} drop constraint ${name}`);
  const { rows: indexes } = await client.query<{ name: string; definition: string }>(
    `select indexname as name, indexdef as definition from pg_indexes where tablename = '${table}'`,
  );
  for (const { name } of indexes) await client.query(`drop index ${name}`);
  await work();
  for (const { name, definition } of keys) {
    await client.query(`alter table ${table} add constraint ${name} ${definition}`);
  }
  for (const { definition } of indexes) await client.query(definition);
};
