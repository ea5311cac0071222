import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Listing } from '../../../src/contracts/economy.ts';
import { CorrelationId, ItemId, PlayerId, TradeId } from '../../../src/contracts/ids.ts';
import { describeItem } from '../../../src/contracts/items.ts';
import type { Counterparts } from '../../../src/marketplace/counterparts.ts';
import { Listings } from '../../../src/marketplace/listings.ts';
import { Market } from '../../../src/marketplace/market.ts';
import { migrations } from '../../../src/marketplace/migrations/index.ts';
import { Orchestrator } from '../../../src/marketplace/orchestrator.ts';
import type { Reply } from '../../../src/marketplace/saga.ts';
import { Trades } from '../../../src/marketplace/trades.ts';
import { databaseEnv, readConfig } from '../../../src/platform/config.ts';
import { openDatabase } from '../../../src/platform/database/database.ts';
import { migrate } from '../../../src/platform/database/migrate.ts';
import { ProcessLifecycle } from '../../../src/platform/lifecycle.ts';
import { envelope } from '../../../src/platform/outbox/outbox.ts';
import { logger } from '../../../src/platform/telemetry/logger.ts';
import { freePort } from '../ports.ts';
import { applyDatabases, startPostgres, withPostgres, type DatabaseServer } from '../postgres.ts';
import { secretsIn } from '../secrets.ts';
import { databaseEnvironment, foldersOf, type ServerFacts } from '../servers.ts';
import { readValues } from '../values.ts';
import { latencies, type Latency } from './floor.ts';
import { print, round, table } from './report.ts';
import {
  fillTrades,
  firstOfThisMonth,
  numbered,
  playersOf,
  tradeNumbered,
  warmTrades,
  type Filling,
} from './trades-fill.ts';

const rounds = 400;
const warmUp = 100;
/** Players who look at their trades. */
const online = 200;
const replies = ['FundsReserved', 'ItemLocked', 'FundsTransferred', 'ItemTransferred'] as const satisfies Reply[];

/** wallet and inventory: everybody has the money, and whoever lists an item owns it. */
class Neighbours implements Counterparts {
  readonly owners = new Map<ItemId, PlayerId>();

  walletOf(playerId: PlayerId) {
    const funds = { balance: 1_000_000_000, heldAmount: 0, stampBalance: 0 };
    return Promise.resolve({ playerId, ...funds, updatedAt: new Date().toISOString() });
  }

  itemOf(id: ItemId) {
    const ownerId = this.owners.get(id);
    if (!ownerId) throw new Error(`${id} is nobody's`);
    return Promise.resolve({ ...describeItem('iron_sword'), id, ownerId, locked: false });
  }

  stockHouse() {
    return Promise.resolve();
  }
}

/** A market over a database that is filled, and what is done there. What is not to be measured is done by `prepare`. */
const openMarket = async (facts: ServerFacts, name: string, filling: Filling, lifecycle: ProcessLifecycle) => {
  const env = readConfig(databaseEnv, databaseEnvironment(facts, { name, key: 'marketplace', role: 'marketplace' }));
  const database = await openDatabase(env, lifecycle, 'bench');
  const neighbours = new Neighbours();
  const orchestrator = new Orchestrator(
    database,
    { wake: () => undefined },
    { topic: 'economy-events', stepMs: 600_000 },
  );
  const listings = new Listings(database, neighbours, 5);
  const market = new Market(database, orchestrator, neighbours, 5);
  const trades = new Trades(database);
  const players = playersOf(filling);
  const below = (n: number) => Math.floor(Math.random() * n);
  const anyPlayer = () => {
    // Wherever in time its trades are.
    const number = Math.floor((below(online) * players) / online);
    return { playerId: PlayerId.parse(numbered('player', number)), username: 'somebody', bot: false };
  };
  const aTrade = (from: number) => {
    const n = from + below(filling.trades - from);
    const [tradeId, playerId] = [tradeNumbered(filling, n), numbered('player', n % players)];
    return { tradeId: TradeId.parse(tradeId), playerId: PlayerId.parse(playerId) };
  };
  const [seller, buyer] = ['seller', 'buyer'].map((username) => {
    return { playerId: PlayerId.parse(randomUUID()), username, bot: false };
  }) as [Seller, Seller];
  type Seller = ReturnType<typeof anyPlayer>;
  const anItem = () => {
    const itemId = ItemId.parse(randomUUID());
    neighbours.owners.set(itemId, seller.playerId);
    return itemId;
  };
  const order = ({ listingId }: Listing) => ({
    ...{ caller: buyer, listingId, idempotencyKey: randomUUID() },
    correlationId: CorrelationId.parse(randomUUID()),
  });
  const listed = () => listings.create(seller, { itemId: anItem(), price: 100 });
  const reply = (tradeId: TradeId, type: Reply) =>
    orchestrator.handle([
      {
        event: { ...envelope(CorrelationId.parse(randomUUID()), null), type, payload: { tradeId } },
        ...{ topic: 'economy-events', partition: 0 },
        record: { key: null, value: null, timestamp: '0', attributes: 0, offset: '0', headers: {} },
      },
    ]);
  const thisMonth = firstOfThisMonth(filling);
  const page = { page: 1, limit: 20 };
  const browsing = { ...page, minPrice: undefined, maxPrice: undefined, itemType: undefined, mine: false };
  const measured = <T>(prepare: () => Promise<T> | T, work: (prepared: T) => Promise<unknown>) => {
    const done = async (): Promise<number> => {
      const prepared = await prepare();
      const begun = performance.now();
      await work(prepared);
      return performance.now() - begun;
    };
    return done;
  };
  return {
    'write: an item is listed': measured(anItem, (itemId) => listings.create(seller, { itemId, price: 100 })),
    'write: a trade begins': measured(
      async () => order(await listed()),
      (wanted) => market.request(wanted),
    ),
    'write: the four steps of a trade': measured(
      async () => market.request(order(await listed())),
      async ({ tradeId }) => {
        for (const type of replies) await reply(tradeId, type);
      },
    ),
    'write: a key that was used': measured(
      async () => {
        const wanted = order(await listed());
        await market.request(wanted);
        return wanted;
      },
      (wanted) => market.request(wanted),
    ),
    'write: what is due': measured(
      () => undefined,
      () => orchestrator.lookAfterDue(),
    ),
    'read: a trade that has just begun': measured(
      async () => market.request(order(await listed())),
      ({ tradeId }) => trades.view(tradeId, buyer.playerId),
    ),
    'read: a trade of this month': measured(
      () => aTrade(thisMonth),
      ({ tradeId, playerId }) => trades.view(tradeId, playerId),
    ),
    'read: a trade of any month': measured(
      () => aTrade(0),
      ({ tradeId, playerId }) => trades.view(tradeId, playerId),
    ),
    'read: a trade of any month, again': measured(
      async () => {
        const trade = aTrade(0);
        await trades.view(trade.tradeId, trade.playerId);
        return trade;
      },
      ({ tradeId, playerId }) => trades.view(tradeId, playerId),
    ),
    "read: a buyer's page": measured(anyPlayer, ({ playerId }) => trades.list(playerId, { ...page, role: 'buyer' })),
    "read: a seller's page": measured(anyPlayer, ({ playerId }) => trades.list(playerId, { ...page, role: 'seller' })),
    'read: a page of both': measured(anyPlayer, ({ playerId }) => trades.list(playerId, { ...page, role: undefined })),
    'read: the newest listings': measured(anyPlayer, (caller) =>
      listings.list({ ...browsing, sort: 'newest' }, caller),
    ),
    'read: the cheapest of a kind': measured(anyPlayer, (caller) =>
      listings.list({ ...browsing, sort: 'cheapest', itemType: 'iron_sword' }, caller),
    ),
    "read: a player's own listings": measured(anyPlayer, (caller) =>
      listings.list({ ...browsing, sort: 'newest', mine: true }, caller),
    ),
  };
};

type Name = 'young' | 'few' | 'many';
interface Compared {
  what: string;
  latency: Record<Name, Latency>;
  /** Of the medians: of `many` to `few`, which is what the rows cost, and of `few` to `young`, what the months cost. */
  ofRows: number;
  ofMonths: number;
}

const database = async (server: DatabaseServer, facts: ServerFacts, name: string): Promise<void> => {
  await withPostgres(server, 'postgres', (client) => client.query(`create database ${name} owner marketplace_owner`));
  const env = databaseEnvironment(facts, { name, key: 'marketplace', role: 'owner' });
  await migrate(readConfig(databaseEnv, env), migrations);
};

/**
 * The statements of marketplace on a database with many trades of so many months, on one with a thousand of as many, and on
 * one with a thousand of its first month; each in turn, so that whatever else the machine does slows all.
 */
export const benchTrades = async (rows: number, months: number) => {
  logger.level = 'silent';
  const dir = mkdtempSync(join(tmpdir(), 'idempo-bench-'));
  const folders = foldersOf(dir);
  const secrets = secretsIn(join(folders.data, 'secrets.json'));
  const password = secrets.postgresPassword;
  const port = await freePort();
  const lifecycle = new ProcessLifecycle();
  const settings = { shared_buffers: '1GB', max_wal_size: '8GB', checkpoint_timeout: '30min', wal_compression: 'off' };
  const postgres = await startPostgres(folders, port, { password, durable: false, settings });
  try {
    const server = { host: '127.0.0.1', port, password };
    const facts = { kafka: '', redis: '', secrets, postgres: server };
    await applyDatabases(server, readValues().databases, secrets);
    const until = Date.now();
    const filled = async (name: Name, trades: number, months: number): Promise<Filling> => {
      const filling = { trades, months, until };
      const begun = performance.now();
      await database(server, facts, name);
      await fillTrades(server, name, join(dir, 'pipe', name), filling, (line) => {
        print(`${name}: ${line} (${((performance.now() - begun) / 1000).toFixed(0)} s)`);
      });
      return filling;
    };
    const fillings = {
      young: await filled('young', 1000, 1),
      few: await filled('few', 1000, months),
      many: await filled('many', rows, months),
    };
    const open = (name: Name) => openMarket(facts, name, fillings[name], lifecycle);
    const warm = await warmTrades(server, 'many', join(folders.data, 'postgres'), fillings.many);
    const [young, few, many] = [await open('young'), await open('few'), await open('many')];
    const results: Compared[] = [];
    for (const what of Object.keys(many) as (keyof typeof many)[]) {
      const measured = { young: latencies(), few: latencies(), many: latencies() };
      for (let turn = -warmUp; turn < rounds; turn++) {
        const took = { young: await young[what](), few: await few[what](), many: await many[what]() };
        if (turn < 0) continue;
        for (const name of ['young', 'few', 'many'] as const) measured[name].add(took[name]);
      }
      const latency = { young: measured.young.get(), few: measured.few.get(), many: measured.many.get() };
      const [ofRows, ofMonths] = [latency.many.p50 / latency.few.p50, latency.few.p50 / latency.young.p50];
      results.push({ what, latency, ofRows, ofMonths });
    }
    const size = await withPostgres(server, 'postgres', (client) =>
      client.query<{ gib: number }>(`select pg_database_size('many') / 1024.0 ^ 3 as gib`),
    );
    const load = loadavg().map((each) => round(each));
    const [gib, warmGib] = [round(Number(size.rows[0]?.gib), 1), round(warm / 2 ** 30, 1)];
    print(`\n${rows} trades of ${months} months (${gib} GiB), next to 1000 of as many and 1000 of one; medians in ms`);
    print(`What is in daily use was read before (${warmGib} GiB); older months come from the disk`);
    print(`The machine's load is ${load.join(', ')}\n`);
    table(
      results.map(({ what, latency, ofRows, ofMonths }) => ({
        ...{ what, [`1000 of 1`]: round(latency.young.p50), [`1000 of ${months}`]: round(latency.few.p50) },
        ...{ [`${rows} of ${months}`]: round(latency.many.p50), 'rows ×': round(ofRows), 'months ×': round(ofMonths) },
      })),
    );
    return { rows, months, gib, warmGib, load, results };
  } finally {
    await lifecycle.stop();
    await postgres.stop();
    rmSync(dir, { recursive: true, force: true });
  }
};
