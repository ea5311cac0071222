import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { systemAccounts } from '../../../src/contracts/economy.ts';
import { PlayerId } from '../../../src/contracts/ids.ts';
import { databaseEnv, readConfig } from '../../../src/platform/config.ts';
import { openDatabase } from '../../../src/platform/database/database.ts';
import { migrate } from '../../../src/platform/database/migrate.ts';
import { ProcessLifecycle } from '../../../src/platform/lifecycle.ts';
import { migrations } from '../../../src/wallet/migrations/index.ts';
import { Payments } from '../../../src/wallet/payments.ts';
import { lockText, transferText, writeText } from '../../../src/wallet/store.ts';
import { locatePostgres, need } from '../locate.ts';
import { within } from '../money/within.ts';
import { freePort } from '../ports.ts';
import { applyDatabases, startPostgres, withPostgres, type DatabaseServer } from '../postgres.ts';
import { secretsIn } from '../secrets.ts';
import { databaseEnvironment, foldersOf, type ServerFacts } from '../servers.ts';
import { readValues } from '../values.ts';
import { latencies, type Latency } from './floor.ts';
import { print, round, table } from './report.ts';

const connections = 16;
/** Of each connection, in the run of distinct pairs. */
const pairsEach = 250;
const warmUpSeconds = 2;
const funds = 1_000_000_000;

/** Who pays whom; wallets by number. */
type Who = 'distinct pairs' | 'one pair, both directions';
const pairOf = (who: Who, connection: number): { from: number; to: number } => {
  if (who === 'one pair, both directions') return { from: connection % 2, to: 1 - (connection % 2) };
  const pair = connection + connections * Math.floor(Math.random() * pairsEach);
  return { from: 2 * pair, to: 2 * pair + 1 };
};
const walletId = (number: number) => PlayerId.parse(`10000000-0000-4000-8000-${number.toString(16).padStart(12, '0')}`);

interface Measured {
  who: Who;
  by: 'wallet' | 'pgbench';
  perSecond: number;
  failed: number;
  /** In ms; pgbench tells the mean alone. */
  latency: Partial<Latency> & { mean: number };
}

/** Transfers by the wallet's own command: so many connections, each sends the next when it has its answer. */
const runWallet = async (payments: Payments, who: Who, seconds: number): Promise<Measured> => {
  const measured = latencies();
  let done = 0;
  let failed = 0;
  let sum = 0;
  const begun = performance.now() + warmUpSeconds * 1000;
  const end = begun + seconds * 1000;
  const connection = async (number: number) => {
    while (performance.now() < end) {
      const { from, to } = pairOf(who, number);
      const at = performance.now();
      const ok = await payments.transfer(walletId(from), walletId(to), 1, randomUUID()).then(
        () => true,
        () => false,
      );
      if (!ok) failed++;
      const took = performance.now() - at;
      if (at < begun) continue;
      done++;
      sum += took;
      measured.add(took);
    }
  };
  await Promise.all(Array.from({ length: connections }, (_, number) => connection(number)));
  const took = (performance.now() - begun) / 1000;
  return { who, by: 'wallet', perSecond: done / took, failed, latency: { mean: sum / done, ...measured.get() } };
};

/**
 * The same for pgbench: the lock, the look for the key and the writing are the wallet's own statements; what it decides
 * in between is computed with the lock's answer.
 */
const pgbenchScript = (who: Who): string => {
  const uuid = (number: string) => `('10000000-0000-4000-8000-' || lpad(to_hex(${number}::bigint), 12, '0'))::uuid`;
  const key = `(lpad(to_hex(:run::bigint), 8, '0') || '-0000-4000-8000-' || lpad(to_hex(:turn::bigint), 12, '0'))::uuid`;
  const both = `array[${uuid(':payer')}, ${uuid(':payee')}]`;
  const change = `case when player_id = ${uuid(':payer')} then -1 else 1 end`;
  return `
\\set n :n + 1
\\set turn :n * ${connections} + :client_id
${
  who === 'distinct pairs'
    ? `\\set pair :client_id + ${connections} * random(0, ${pairsEach - 1})\n\\set payer 2 * :pair\n\\set payee 2 * :pair + 1`
    : `\\set payer :client_id % 2\n\\set payee 1 - :payer`
}
begin;
select coalesce(json_agg(json_build_object('playerId', player_id, 'balance', balance + ${change}, 'held', held_amount,
    'stamps', stamp_balance, 'stampsHeld', stamps_held, 'version', version)), '[]')::text as accounts,
  coalesce(json_agg(json_build_object('playerId', player_id, 'type', 'TRANSFER', 'asset', 'CURRENCY', 'amount', ${change},
    'balanceAfter', balance + ${change}, 'reference', ${key})), '[]')::text as lines
from (${lockText.replace('$1', both)}) as locked \\gset
\\startpipeline
${transferText.replace('$1', both).replace('$2', key)};
${writeText
  .replaceAll('$1', ':accounts')
  .replaceAll('$2', ':lines')
  .replaceAll(/\$[345]/g, ':none')
  .replaceAll('$6', both)};
commit;
\\endpipeline
`;
};

const runPgbench = async (
  { dir, server, database, run }: { dir: string; server: DatabaseServer; database: string; run: number },
  who: Who,
  seconds: number,
): Promise<Measured> => {
  const script = join(dir, 'transfer.sql');
  writeFileSync(script, pgbenchScript(who));
  const pgbench = join(dirname(need(locatePostgres(), 'PostgreSQL').postgres), 'pgbench');
  const variables = [`run=${run}`, 'n=0', 'none=[]'].flatMap((one) => ['-D', one]);
  const { stdout } = await promisify(execFile)(
    pgbench,
    ['-n', '-M', 'prepared', '-c', String(connections), '-j', '2', '-T', String(seconds), '-f', script].concat(
      variables,
      ['-h', server.host, '-p', String(server.port), '-U', 'postgres', database],
    ),
    { env: { ...process.env, PGPASSWORD: server.password } },
  );
  const number = (pattern: RegExp) => Number(pattern.exec(stdout)?.[1] ?? Number.NaN);
  return {
    who,
    by: 'pgbench',
    perSecond: number(/^tps = ([\d.]+)/m),
    failed: number(/number of failed transactions: (\d+)/),
    latency: { mean: number(/latency average = ([\d.]+) ms/) },
  };
};

/** Wallets with money, which the ledger explains. */
const fill = (server: DatabaseServer, database: string): Promise<void> =>
  withPostgres(server, database, async (client) => {
    const wallets = Array.from({ length: 2 * connections * pairsEach }, (_, number) => walletId(number));
    await client.query(
      `with wallet as (
         insert into wallets (player_id, balance) select id, $2 from unnest($1::uuid[]) as t(id) order by id)
       insert into transactions (player_id, type, asset, amount, balance_after, reference)
       select id, 'REWARD', 'CURRENCY', $2::bigint, $2::bigint, id from unnest($1::uuid[]) as t(id)
       union all select $3, 'REWARD', 'CURRENCY', -$2::bigint, null, id from unnest($1::uuid[]) as t(id)`,
      [wallets, funds, systemAccounts.game],
    );
    await client.query('vacuum analyze');
  });

/** What is wrong after the runs: with the money, or in the database's log. */
const problems = (server: DatabaseServer, database: string, log: string): Promise<string[]> =>
  withPostgres(server, database, async (client) => {
    const broken: string[] = [];
    for (const { rule, broken: query } of within.filter((one) => one.database === 'wallet')) {
      if ((await client.query(query)).rowCount !== 0) broken.push(rule);
    }
    const errors = readFileSync(log, 'utf8')
      .split('\n')
      .filter((line) => /ERROR|PANIC|deadlock/.test(line));
    return [...broken, ...errors];
  });

/** Transfers by the wallet and by pgbench, in turn, on one PostgreSQL of their own that waits for its disk. */
export const benchWallet = async (seconds: number) => {
  const dir = mkdtempSync(join(tmpdir(), 'idempo-bench-'));
  const values = readValues();
  const name = values.databases['wallet']?.name ?? '';
  const folders = foldersOf(dir);
  const secrets = secretsIn(join(folders.data, 'secrets.json'));
  const server = { host: '127.0.0.1', port: await freePort(), password: secrets.postgresPassword };
  const postgres = await startPostgres(folders, server.port, { password: server.password, durable: true });
  const lifecycle = new ProcessLifecycle();
  try {
    await applyDatabases(server, values.databases, secrets);
    const facts: ServerFacts = { kafka: '', redis: '', postgres: server, secrets };
    const env = (role: string) => ({
      ...readConfig(databaseEnv, databaseEnvironment(facts, { name, key: 'wallet', role })),
      DATABASE_POOL_MAX: connections,
    });
    await migrate(env('owner'), migrations);
    await fill(server, name);
    const payments = new Payments(await openDatabase(env('wallet'), lifecycle, 'wallet'));
    const results: Measured[] = [];
    for (const [run, who] of (['distinct pairs', 'one pair, both directions'] as const).entries()) {
      results.push(await runWallet(payments, who, seconds));
      results.push(await runPgbench({ dir, server, database: name, run: run + 1 }, who, seconds));
    }
    const broken = await problems(server, name, postgres.spec.logFile);
    const load = loadavg().map((average) => round(average));
    print(`\nTransfers by ${connections} connections; the machine's load is ${load.join(', ')}\n`);
    table(
      results.map(({ who, by, perSecond, failed, latency }) => ({
        ...{ transfers: who, by, 'per second': round(perSecond, 0), failed, mean: round(latency.mean) },
        ...{ p50: round(latency.p50 ?? Number.NaN), p99: round(latency.p99 ?? Number.NaN) },
      })),
    );
    print(broken.length === 0 ? '\nThe money is whole, and the log of the database has no error.' : broken.join('\n'));
    return { load, results, problems: broken };
  } finally {
    await lifecycle.stop();
    await postgres.stop();
    rmSync(dir, { recursive: true, force: true });
  }
};
