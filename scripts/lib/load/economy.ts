import { mkdtempSync, rmSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Producer } from 'kafkajs';
import pg from 'pg';
import { everyOutcome } from '../../../src/reward/fixtures.ts';
import { buildCurrent } from '../build-current.ts';
import { quietKafka } from '../kafka.ts';
import { startPlatform } from '../platform.ts';
import { readValues } from '../values.ts';
import { latencies } from './floor.ts';
import { Market } from './market.ts';
import { atOnce, paced, perSecond, saturated, type Measured, type One } from './paces.ts';
import { print, round, table } from './report.ts';
import { startTradeFloor } from './trade-floor.ts';
import { usageOf } from './usage.ts';

/** From the time of MatchFinished to that of the ledger's entry, for each player of the matches. */
const measureRewards = async (producer: Producer, wallet: pg.Pool, seconds: number): Promise<Measured> => {
  const measured = latencies();
  const matches = Array.from({ length: seconds * perSecond }, () => ({ finished: everyOutcome(), at: 0 }));
  const begun = performance.now();
  for (const [index, match] of matches.entries()) {
    await sleep(Math.max(0, begun + (index * 1000) / perSecond - performance.now()));
    match.at = Date.now();
    const { finished } = match;
    const message = { key: finished.payload.matchId, value: JSON.stringify(finished) };
    await producer.send({ topic: 'match-events', acks: -1, messages: [message] });
  }
  const took = (performance.now() - begun) / 1000;
  const at = new Map(matches.map(({ finished, at: sent }) => [finished.payload.matchId as string, sent]));
  for (let tries = 0; tries < 100; tries++) {
    const { rows } = await wallet.query<{ match: string; at: string }>(
      `select reference as match, extract(epoch from max(created_at)) * 1000 as at from transactions
       where type = 'REWARD' and balance_after is not null and reference = any ($1) group by 1`,
      [[...at.keys()]],
    );
    if (rows.length < at.size) {
      await sleep(100);
      continue;
    }
    for (const row of rows) measured.add(Number(row.at) - (at.get(row.match) ?? 0));
    const what = `MatchFinished to balance, ${perSecond}/s`;
    return { what, done: at.size, perSecond: at.size / took, failed: 0, latency: measured.get() };
  }
  throw new Error('The rewards did not come.');
};

const mib = async (pool: pg.Pool): Promise<number> => {
  const { rows } = await pool.query<{ bytes: string }>(`select pg_total_relation_size('outbox') as bytes`);
  return Number(rows[0]?.bytes) / 1024 / 1024;
};

/** As many published events as an hour at that rate leaves, the older half already due to go. Answers how many. */
const fillOutbox = async (pool: pg.Pool, eventsPerTrade: number): Promise<number> => {
  const rows = Math.round(eventsPerTrade * perSecond * 3600);
  await pool.query(
    `insert into outbox (topic, key, value, created_at, published_at)
     select 'economy-events', gen_random_uuid()::text, repeat('x', 500), at, at
     from generate_series(1, $1::int) as n, lateral (select now() - n * interval '2 hours' / $1 as at) as age`,
    [rows],
  );
  return rows;
};

/** Waits until the relay has swept what is no longer kept. Answers how long that took, in seconds. */
const swept = async (pool: pg.Pool): Promise<number> => {
  const begun = performance.now();
  for (;;) {
    const { rowCount } = await pool.query(
      `select from outbox where published_at < now() - interval '61 minutes' limit 1`,
    );
    if (rowCount === 0) return (performance.now() - begun) / 1000;
    await sleep(500);
  }
};

/**
 * The economy of a platform of its own: rewards, trades at a steady rate and at saturation, next to their floor; and
 * trades again beside an outbox that holds an hour of them.
 */
export const benchEconomy = async (seconds: number) => {
  await buildCurrent({ web: true, progress: print });
  const dir = mkdtempSync(join(tmpdir(), 'idempo-bench-'));
  const limit = '1000000/1';
  const platform = await startPlatform({
    dir,
    web: true,
    env: { gateway: { RATE_LIMIT_PLAYER: limit, RATE_LIMIT_ADDRESS: limit, RATE_LIMIT_SIGN_UP: limit } },
  });
  const { postgres } = platform.servers.facts;
  const { databases } = readValues();
  const open = (key: string) => new pg.Pool({ ...postgres, user: 'postgres', database: databases[key]?.name ?? '' });
  const [wallet, trades] = [open('wallet'), open('marketplace')];
  const kafka = quietKafka(platform.servers.serviceFacts.kafka);
  const producer = kafka.producer({ idempotent: true, maxInFlightRequests: 1 });
  await producer.connect();
  const { market, close } = await Market.open(platform, kafka);
  try {
    const results: Measured[] = [];
    results.push(await measureRewards(producer, wallet, seconds));
    await market.fill(3 * perSecond * seconds + atOnce * 4 + 400 * seconds);
    await paced('warm-up', 3, market.trade);
    const before = await trades.query<{ count: number }>('select count(*)::int from outbox');
    results.push(await paced('trades', seconds, market.trade));
    const after = await trades.query<{ count: number }>('select count(*)::int from outbox');
    results.push(await saturated('trades', seconds, market.trade));
    const memory = [...usageOf(platform)].filter(([name]) => name !== 'load client');
    const memoryMiB = round(
      memory.reduce((sum, [, usage]) => sum + usage.memoryMiB, 0),
      0,
    );

    const floor = await startTradeFloor(platform.servers.facts);
    const floorTrade: One = () => floor.trade().then(() => true);
    await paced('warm-up', 3, floorTrade);
    results.push(await paced('floor: 9 commits and 9 Kafka hops', seconds, floorTrade));
    results.push(await saturated('floor: 9 commits and 9 Kafka hops', seconds, floorTrade));
    await floor.stop();

    const small = await mib(trades);
    const eventsPerTrade = ((after.rows[0]?.count ?? 0) - (before.rows[0]?.count ?? 0)) / (perSecond * seconds);
    const events = await fillOutbox(trades, eventsPerTrade);
    const full = await mib(trades);
    const sweepSeconds = await swept(trades);
    results.push(await paced('trades beside the outbox of an hour', seconds, market.trade));
    const load = loadavg().map((each) => round(each));
    print(`\nThe economy; the machine's load is ${load.join(', ')}\n`);
    table(
      results.map(({ what, done, perSecond: rate, failed, latency }) => ({
        ...{ what, done, failed, 'per second': round(rate, 1) },
        ...{ p50: round(latency.p50, 0), p95: round(latency.p95, 0), p99: round(latency.p99, 0) },
      })),
    );
    print(
      `\nThe outbox of the market: ${round(small, 1)} MiB after these trades. With ${events} published events, as many as`,
    );
    print(
      `an hour at ${perSecond}/s leaves, ${round(full, 1)} MiB; the half that was over an hour old was gone after ${round(sweepSeconds, 1)} s.`,
    );
    print(`Memory of all processes, stores and web page included, after saturation: ${memoryMiB} MiB`);
    return { load, results, memoryMiB, outbox: { small, full, events, sweepSeconds } };
  } finally {
    await close();
    await producer.disconnect();
    await Promise.all([wallet.end(), trades.end()]);
    await platform.stop();
    rmSync(dir, { recursive: true, force: true });
  }
};
