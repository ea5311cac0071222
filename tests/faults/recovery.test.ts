import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { startPlatform, type Platform } from '../../scripts/lib/platform.ts';
import { secretsIn, type Secrets } from '../../scripts/lib/secrets.ts';
import { foldersOf } from '../../scripts/lib/servers.ts';
import { ArchivedDatabases } from '../archive.ts';
import { ownFolder, type OwnFolder } from '../folder.ts';
import { Economy } from '../platform/economy.ts';
import { say, seeded, type Random } from '../platform/random.ts';
import { quickRules, unlimited } from '../platform/settings.ts';
import { until } from '../platform/table.ts';
import { Traders } from '../platform/traders.ts';
import { Visitors } from '../platform/visitors.ts';

/** Real: everything; a PostgreSQL server for each database, with a base backup and an archived log, as docs/backup-restore.md has it. */
let folder: OwnFolder;
let secrets: Secrets;
let databases: ArchivedDatabases;
let platform: Platform;
let economy: Economy;
const random: Random = seeded('recovery');

/** The platform in one life of the databases, with a Kafka and a Redis that begin empty. */
const begin = async (life: number): Promise<void> => {
  // What a Secret keeps outlives a cluster.
  const dir = join(folder.path, `life-${life}`);
  secretsIn(join(foldersOf(dir).data, 'secrets.json'), secrets);
  platform = await startPlatform({
    dir,
    durable: false,
    databases: databases.servers,
    rules: quickRules,
    env: {
      ...unlimited,
      all: { DATABASE_LIFE: String(life) },
      wallet: { STAMP_RESERVATION_SECONDS: '5' },
      marketplace: { SAGA_STEP_SECONDS: '3', HOUSE: JSON.stringify({ iron_sword: { listings: 8, price: 90 } }) },
    },
  });
  economy = await Economy.of(platform);
};
const play = async () => {
  const people = new Visitors(platform.gatewayUrl, 6, random);
  const traders = await Traders.start(platform.gatewayUrl, economy, random, { traders: 8, pauseMs: 300 });
  const stop = async () => {
    await Promise.all([traders.stop(), people.leave()]);
    return traders;
  };
  return {
    stop,
    [Symbol.asyncDispose]: async () => {
      await stop();
    },
  };
};
const numbers = async (before = 'infinity') => {
  const count = async (database: 'game' | 'wallet' | 'marketplace', table: string, at: string) => {
    const [row] = await economy.ask<{ n: number }>(
      database,
      `select count(*)::int as n from ${table} where ${at} < '${before}'`,
    );
    return row?.n ?? 0;
  };
  return {
    actions: await count('game', 'player_actions', 'created_at'),
    bookings: await count('wallet', 'transactions', 'created_at'),
    trades: await count('marketplace', 'trades', 'created_at'),
  };
};

beforeAll(async () => {
  folder = await ownFolder('recovery');
  secrets = secretsIn(join(foldersOf(folder.path).data, 'secrets.json'));
  databases = await ArchivedDatabases.start(folder.path, secrets, 1);
  await begin(1);
});
afterAll(async () => {
  await economy.close();
  await platform.stop();
  await databases.lose();
  folder.remove();
});

test('the cluster is lost: all databases are restored to one instant, and everything ends as it should, once', async () => {
  await using before = await play();
  await databases.backUp();
  // Rewards that nobody has heard of yet: only what the outboxes keep can tell of them after the loss.
  for (const { process } of platform.of('reward')) await process.kill('SIGKILL');
  const behind = new Date().toISOString();
  const target = await until(
    'a match without its reward ended, and was archived',
    async () => {
      const restorable = databases.restorable();
      const [ended] = await economy.ask<{ id: string }>(
        'game',
        `select id from matches where status = 'FINISHED' and finished_at > '${behind}' and exists (
           select from outbox where key = matches.id::text and value like '%"MatchFinished"%'
             and published_at < to_timestamp(${restorable / 1000}))`,
      );
      return ended && restorable;
    },
    120_000,
  );
  const instant = new Date(target).toISOString();
  const had = await numbers();
  const lostAt = Date.now();
  await Promise.all([
    ...platform.replicas.map(({ process }) => process.kill('SIGKILL')),
    platform.servers.kafka.kill('SIGKILL'),
    platform.servers.redis.kill('SIGKILL'),
    databases.lose(),
  ]);
  const traders = await before.stop();
  await economy.close();
  await platform.stop();
  expect(traders.trouble).toEqual([]);

  const began = Date.now();
  databases = await ArchivedDatabases.start(folder.path, secrets, 2, instant);
  const restoredMs = Date.now() - began;
  await begin(2);
  const backMs = Date.now() - began;
  const settledMs = await economy.settled(120_000);
  await economy.expectWhole();
  for (const database of ['game', 'wallet', 'inventory', 'marketplace'] as const) {
    const lives = await economy.ask<{ number: number; again: number }>(
      database,
      'select number, told_again as again from lives order by number',
    );
    expect(lives.map(({ number }) => number)).toEqual([1, 2]);
    expect(lives[1]?.again).toBeGreaterThan(0);
  }
  const has = await numbers(instant);
  const lost = Object.entries(had).map(([what, count]) => `${count - has[what as keyof typeof has]} ${what}`);
  say(`restored in ${restoredMs} ms, playable after ${backMs} ms, settled after ${settledMs} ms more`);
  say(`lost: the last ${Math.round(lostAt - target)} ms, with ${lost.join(', ')} of ${JSON.stringify(had)}`);

  // And it goes on, for people who come anew and on what was there.
  await using after = await play();
  await until('trades are made', async () => ((await numbers()).trades > has.trades + 10 ? true : undefined), 60_000);
  expect((await after.stop()).trouble).toEqual([]);
  await economy.settled(120_000);
  await economy.expectWhole();
}, 600_000);
