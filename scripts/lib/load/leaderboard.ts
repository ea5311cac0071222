import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Pool } from 'undici';
import { migrations } from '../../../src/leaderboard/migrations/index.ts';
import { databaseEnv, readConfig } from '../../../src/platform/config.ts';
import { migrate } from '../../../src/platform/database/migrate.ts';
import { identityHeaders } from '../../../src/platform/http/identity.ts';
import { buildCurrent } from '../build-current.ts';
import { root } from '../bundle.ts';
import { databaseOf, environments, inherited } from '../environments.ts';
import { freePort } from '../ports.ts';
import { withPostgres } from '../postgres.ts';
import { ManagedProcess } from '../process.ts';
import { foldersOf, startServers } from '../servers.ts';
import { readValues } from '../values.ts';
import { latencies, type Latency } from './floor.ts';
import { print, round, table } from './report.ts';
import { cpuOf } from './usage.ts';

const connections = 16;
const players = 10_000;
/** Until the code is compiled, whatever the machine does meanwhile. */
const warmUpReads = 5000;
const rounds = 3;

interface Measured {
  what: string;
  perSecond: number;
  /** Answers that were not 200. */
  failed: number;
  latency: Latency;
  /** CPU time of the process that answers, for one request. */
  cpuMicros: number;
}

/** So many connections, each sends the next request when it has its answer. */
const load = async (
  what: string,
  server: ManagedProcess,
  url: string,
  path: string,
  seconds: number,
  playerIds: string[],
): Promise<Measured> => {
  const pool = new Pool(url, { connections, pipelining: 1 });
  const read = async (): Promise<number> => {
    const playerId = playerIds[Math.floor(Math.random() * playerIds.length)] ?? '';
    const headers = { [identityHeaders.playerId]: playerId, [identityHeaders.username]: 'bench' };
    const { statusCode, body } = await pool.request({ method: 'GET', path, headers });
    await body.arrayBuffer();
    return statusCode;
  };
  const everywhere = (work: () => Promise<void>) => Promise.all(Array.from({ length: connections }, work));
  let warm = 0;
  await everywhere(async () => {
    while (warm++ < warmUpReads) await read();
  });
  const measured = latencies();
  let done = 0;
  let failed = 0;
  const cpu = cpuOf(server.pid ?? 0);
  const begun = performance.now();
  await everywhere(async () => {
    for (let at = performance.now(); at < begun + seconds * 1000; at = performance.now()) {
      if ((await read()) !== 200) failed++;
      done++;
      measured.add(performance.now() - at);
    }
  });
  const took = (performance.now() - begun) / 1000;
  const cpuMicros = ((cpuOf(server.pid ?? 0) - cpu) * 1000) / done;
  await pool.close();
  return { what, perSecond: done / took, failed, latency: measured.get(), cpuMicros };
};

/** Reads of a leaderboard of 10,000 players, next to a bare handler that passes on the same answer, in turn. */
export const benchLeaderboard = async (seconds: number) => {
  await buildCurrent({ web: false, progress: print });
  const dir = mkdtempSync(join(tmpdir(), 'idempo-bench-'));
  const values = readValues();
  const folders = foldersOf(dir);
  const servers = await startServers({ dir, values, durable: true });
  const started: ManagedProcess[] = [];
  const start = async (name: string, args: string[], env: NodeJS.ProcessEnv) => {
    const [port, managementPort] = [await freePort(), await freePort()];
    const process = new ManagedProcess({
      name,
      command: globalThis.process.execPath,
      args,
      env: { ...inherited(), ...env, HTTP_PORT: String(port), MANAGEMENT_PORT: String(managementPort) },
      logFile: join(folders.logs, `${name}.log`),
      pidFile: join(folders.run, `${name}.pid`),
      ready: async () => (await fetch(`http://127.0.0.1:${port}/leaderboard/top100`)).ok,
      readyWithinMs: 30_000,
      stopSignal: 'SIGTERM',
      stopWithinMs: 28_000,
    });
    started.push(process);
    await process.start();
    return { process, url: `http://127.0.0.1:${port}` };
  };
  try {
    const env = (role: string) => databaseOf(values, servers.facts, 'leaderboard', role) ?? {};
    await migrate(readConfig(databaseEnv, env('owner')), migrations);
    const ids = Array.from({ length: players }, () => randomUUID());
    await withPostgres(servers.facts.postgres, env('owner')['DATABASE_NAME'] ?? '', (client) =>
      client.query(
        `insert into leaderboard.scores (player_id, username, score)
         select id, 'player-' || place, 100 * place from unnest($1::uuid[]) with ordinality as t(id, place)`,
        [ids],
      ),
    );
    const told = environments(values, servers.facts, () => [], {});
    const service = await start('leaderboard', [join(root, 'dist/leaderboard/main.cjs')], told('leaderboard'));
    await sleep(3000); // Until Redis is filled and trusted.
    const redisPort = servers.facts.redis.split(':')[1] ?? '';
    const bare = await start('bare', [join(import.meta.dirname, 'bare-handler.ts')], { REDIS_PORT: redisPort });
    const results: Measured[] = [];
    const run = async (what: string, { process, url }: typeof bare, path: string) =>
      results.push(await load(what, process, url, path, seconds / rounds, ids));
    for (let round = 0; round < rounds; round++) {
      await run('bare Koa + ioredis', bare, '/');
      await run('top100', service, '/leaderboard/top100');
    }
    await run('me', service, '/leaderboard/me');
    const mean = (of: string) => {
      const same = results.filter(({ what }) => what === of).map(({ perSecond }) => perSecond);
      return same.reduce((sum, each) => sum + each, 0) / same.length;
    };
    const share = mean('top100') / mean('bare Koa + ioredis');
    const average = loadavg().map((each) => round(each));
    print(
      `\nLeaderboard of ${players} players read by ${connections} connections; the machine's load is ${average.join(', ')}\n`,
    );
    table(
      results.map(({ what, perSecond, failed, latency, cpuMicros }) => ({
        ...{
          answers: what,
          'per second': round(perSecond, 0),
          failed,
          p50: round(latency.p50),
          p99: round(latency.p99),
        },
        'CPU µs/answer': round(cpuMicros, 0),
      })),
    );
    print(`\ntop100 at ${round(100 * share, 0)} % of the bare handler`);
    return { load: average, share, results };
  } finally {
    await Promise.all(started.map((process) => process.stop()));
    await servers.stop();
    rmSync(dir, { recursive: true, force: true });
  }
};
