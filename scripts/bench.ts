import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { buildCurrent } from './lib/build-current.ts';
import { latencies, measureFloor, type Latency } from './lib/load/floor.ts';
import { seeded, startFleet, type LoadPlayer } from './lib/load/fleet.ts';
import { usageOf, type Usage } from './lib/load/usage.ts';
import { benchEconomy } from './lib/load/economy.ts';
import { benchLeaderboard } from './lib/load/leaderboard.ts';
import { benchTrades } from './lib/load/trades.ts';
import { print, round, table } from './lib/load/report.ts';
import { benchWallet } from './lib/load/wallet.ts';
import { startPlatform, type Platform } from './lib/platform.ts';

const usage = `bench [economy|wallet|leaderboard|trades] [--seconds 20] [--rows 50000000] [--months 12] [--seed 1] [--only NAME[,NAME…]] [--json FILE]

Plays seeded matches on a platform of its own and measures: the action round trip, actions per second at saturation, CPU
per action and memory by process, and in the same run the floor: two Kafka hops and one commit with the same libraries.
Everything, the load client included, is on this machine. Names: paced, saturated, matches, replicas, rates.

economy: instead of all that, rewards and trades, next to a floor of as many commits and Kafka hops, and the outbox of an hour.
wallet: transfers between wallets by 16 connections, next to pgbench with the same statements.
leaderboard: reads of the leaderboard by 16 connections, next to a bare Koa + ioredis handler.
trades: reads and writes of the market with --rows trades of --months months, next to a thousand; 50 million take 35 GB of disk.
`;
const { values: args, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    seconds: { type: 'string', default: '20' },
    seed: { type: 'string', default: '1' },
    rows: { type: 'string', default: '50000000' },
    months: { type: 'string', default: '12' },
    only: { type: 'string' },
    json: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});
if (args.help) {
  print(usage);
  process.exit(0);
}
const seconds = Number(args.seconds);
const save = (measured: object): void => {
  if (args.json !== undefined) writeFileSync(args.json, `${JSON.stringify(measured, null, 2)}\n`);
};
const others: Record<string, (seconds: number) => Promise<object>> = {
  economy: benchEconomy,
  wallet: benchWallet,
  leaderboard: benchLeaderboard,
  trades: () => benchTrades(Number(args.rows), Number(args.months)),
};
const other = others[positionals[0] ?? ''];
if (other) {
  save(await other(seconds));
  process.exit(0);
}
const random = seeded(Number(args.seed));
const playersPerMatch = 4;

interface Measured {
  name: string;
  actions: number;
  perSecond: number;
  refused: number;
  failed: number;
  roundTrip: Latency;
  /** In ms, by process. */
  cpuPerAction: Record<string, number>;
  cpuPerActionTotal: number;
  memoryMiB: Record<string, number>;
}

type Act = (player: LoadPlayer, dueAt: number) => Promise<void> | undefined;
type Load = (act: Act, until: number) => Promise<void>;

/** What is done, counted. An action's time runs from when it was due. */
const counted = () => {
  const roundTrips = latencies();
  const count = { actions: 0, refused: 0, failed: 0 };
  const act: Act = (player, dueAt) => {
    const request = player.choose(random);
    if (!request) return undefined;
    return player.act(request).then((status) => {
      roundTrips.add(performance.now() - dueAt);
      count.actions++;
      if (status >= 400 && status < 500) count.refused++;
      if (status === 0 || status >= 500) count.failed++;
    });
  };
  return { act, count, roundTrips };
};

/** Plays for so long, after three seconds to warm up, and measures. */
const measure = async (name: string, platform: Platform, load: Load): Promise<Measured> => {
  await load(counted().act, performance.now() + 3000);
  const { act, count, roundTrips } = counted();
  const before = usageOf(platform);
  const begun = performance.now();
  await load(act, begun + seconds * 1000);
  const took = (performance.now() - begun) / 1000;
  const each = (of: (now: Usage, then: Usage | undefined) => number) =>
    Object.fromEntries(
      [...usageOf(platform)].map(([process, now]) => [process, round(of(now, before.get(process)), 3)]),
    );
  const cpuPerAction = each((now, then) => (now.cpuMs - (then?.cpuMs ?? 0)) / Math.max(1, count.actions));
  return {
    name,
    ...count,
    perSecond: round(count.actions / took, 1),
    roundTrip: roundTrips.get(),
    cpuPerAction,
    cpuPerActionTotal: round(Object.values(cpuPerAction).reduce((sum, cpu) => sum + cpu, 0)),
    memoryMiB: each((now) => now.memoryMiB),
  };
};

/** So many actions per second, each due at its time, whoever is late: what a slow answer delays counts as slow too. */
const paced =
  (players: LoadPlayer[], perSecond: number): Load =>
  async (act, until) => {
    const under: Promise<void>[] = [];
    for (let due = performance.now(); due < until; due += 1000 / perSecond) {
      const wait = due - performance.now();
      if (wait > 1) await sleep(wait);
      for (let tries = 0; tries < 20; tries++) {
        const player = players[Math.floor(random() * players.length)];
        const acting = player && act(player, due);
        if (!acting) continue;
        under.push(acting);
        break;
      }
    }
    await Promise.all(under);
  };

/** So many at once, each followed by the next. */
const unpaced =
  (players: LoadPlayer[], atOnce: number): Load =>
  async (act, until) => {
    let next = 0;
    const worker = async () => {
      while (performance.now() < until) {
        const player = players[next++ % players.length];
        const acting = player && act(player, performance.now());
        if (acting) await acting;
        else if (next % players.length === 0) await sleep(1);
      }
    };
    await Promise.all(Array.from({ length: atOnce }, worker));
  };

/** At as many at once as it takes: twice as many, while that brings more. */
const saturated = async (measureAt: (atOnce: number) => Promise<Measured>): Promise<Measured> => {
  let most = await measureAt(64);
  for (let atOnce = 128; ; atOnce *= 2) {
    const next = await measureAt(atOnce);
    if (next.perSecond < most.perSecond * 1.05) return most;
    most = next;
  }
};

/** Each run is at so many actions per second, or at as many as it takes. */
const scenarios: Record<string, { replicas: number; matches: number; runs: (number | 'saturated')[] }> = {
  paced: { replicas: 1, matches: 20, runs: [100] },
  saturated: { replicas: 1, matches: 100, runs: ['saturated'] },
  replicas: { replicas: 3, matches: 100, runs: [100, 'saturated'] },
  matches: { replicas: 1, matches: 500, runs: [100, 'saturated'] },
  rates: { replicas: 1, matches: 100, runs: [25, 100, 400] },
};

const runScenario = async (name: string, floorWanted: boolean) => {
  const scenario = scenarios[name];
  if (!scenario) throw new Error(`There is no scenario ${name}.\n\n${usage}`);
  const { replicas, matches } = scenario;
  const dir = mkdtempSync(join(tmpdir(), 'idempo-bench-'));
  const limit = '1000000/1';
  const platform = await startPlatform({
    dir,
    web: true,
    replicas: { game: replicas, combat: replicas },
    // Nobody falls and no match ends while it is measured.
    rules: { lobbySeconds: 600, matchSeconds: 3600, maxPlayers: playersPerMatch, hp: 1000 },
    env: {
      gateway: { RATE_LIMIT_PLAYER: limit, RATE_LIMIT_ADDRESS: limit, RATE_LIMIT_SIGN_UP: limit },
      game: { ACTIONS_PER_SECOND: '1000' },
    },
  });
  try {
    const floor = floorWanted ? await measureFloor(platform.servers.facts) : undefined;
    const fleet = await startFleet(platform.gatewayUrl, matches, playersPerMatch);
    const of = `${matches} matches, ${replicas} replica${replicas > 1 ? 's' : ''}`;
    const measureAt = (atOnce: number) => measure(`${atOnce} at once, ${of}`, platform, unpaced(fleet.players, atOnce));
    const results: Measured[] = [];
    for (const run of scenario.runs) {
      if (run === 'saturated') results.push(await saturated(measureAt));
      else results.push(await measure(`${run}/s, ${of}`, platform, paced(fleet.players, run)));
    }
    await fleet.close();
    return { floor, results };
  } finally {
    await platform.stop();
    rmSync(dir, { recursive: true, force: true });
  }
};

await buildCurrent({ web: true, progress: print });
const names = args.only?.split(',') ?? Object.keys(scenarios);
let floor: Awaited<ReturnType<typeof measureFloor>> | undefined;
const results: Measured[] = [];
for (const name of names) {
  const run = await runScenario(name, floor === undefined);
  floor ??= run.floor;
  results.push(...run.results);
}
if (floor) {
  print(`\nfloor (2 Kafka hops + 1 commit): p50 ${round(floor.p50)} ms`);
  print(
    `  Kafka hop p50 ${round(floor.kafkaHop.p50)} p99 ${round(floor.kafkaHop.p99)} ms, commit p50 ${round(floor.commit.p50)} p99 ${round(floor.commit.p99)} ms\n`,
  );
}
table(
  results.map((one) => ({
    scenario: one.name,
    'actions/s': one.perSecond,
    p50: round(one.roundTrip.p50),
    p95: round(one.roundTrip.p95),
    p99: round(one.roundTrip.p99),
    'p50/floor': floor ? round(one.roundTrip.p50 / floor.p50) : '',
    refused: one.refused,
    failed: one.failed,
    'CPU ms/action': one.cpuPerActionTotal,
    'of it client': one.cpuPerAction['load client'] ?? 0,
    'platform MiB': round(
      Object.entries(one.memoryMiB).reduce((sum, [name, mib]) => sum + (name === 'load client' ? 0 : mib), 0),
      0,
    ),
  })),
);
for (const one of results) {
  print(`\n${one.name}: CPU ms per action, memory MiB`);
  table(
    Object.keys(one.cpuPerAction).map((process) => ({
      process,
      cpu: one.cpuPerAction[process] ?? 0,
      memory: one.memoryMiB[process] ?? 0,
    })),
  );
}
save({ floor, results });
