import { topics } from '../contracts/events.ts';
import { databaseEnv, loadConfig } from '../platform/config.ts';
import { openDatabase } from '../platform/database/database.ts';
import { awaitMigrations, migrate } from '../platform/database/migrate.ts';
import { every } from '../platform/every.ts';
import { createApp } from '../platform/http/app.ts';
import { callerFromGateway } from '../platform/http/identity.ts';
import { createHttpServer, listen } from '../platform/http/server.ts';
import { kafkaClient } from '../platform/kafka/client.ts';
import { consume } from '../platform/kafka/consumer.ts';
import { openProducer } from '../platform/kafka/producer.ts';
import { runService, type Lifecycle } from '../platform/lifecycle.ts';
import { startRelay } from '../platform/outbox/relay.ts';
import { marketplaceEnv } from './config.ts';
import { RemoteCounterparts } from './counterparts.ts';
import { HouseStock } from './house.ts';
import { Listings } from './listings.ts';
import { Market } from './market.ts';
import { migrations } from './migrations/index.ts';
import { Orchestrator } from './orchestrator.ts';
import { detachPartitions, makePartitions } from './partitions.ts';
import { marketplaceRoutes } from './routes.ts';
import { Trades } from './trades.ts';

const lookAfterTradesEveryMs = 250;
const countTradesEveryMs = 5000;
const stockHouseEveryMs = 2000;
const lookAfterMonthsEveryMs = 3_600_000;

const start = async (lifecycle: Lifecycle): Promise<void> => {
  const config = loadConfig(marketplaceEnv);
  const database = await openDatabase(config, lifecycle, 'marketplace');
  const kafka = kafkaClient(config, 'marketplace');
  const producer = openProducer(kafka, lifecycle);
  const relay = startRelay(config, database, producer, 'marketplace', lifecycle);

  const counterparts = new RemoteCounterparts(config.WALLET_URLS, config.INVENTORY_URLS);
  const orchestrator = new Orchestrator(database, relay, {
    topic: 'economy-events',
    stepMs: config.SAGA_STEP_SECONDS * 1000,
  });
  const listings = new Listings(database, counterparts, config.FEE_PERCENT);
  const market = new Market(database, orchestrator, counterparts, config.FEE_PERCENT);
  const trades = new Trades(database);
  const house = new HouseStock(database, counterparts, config.HOUSE);

  await consume(kafka, config, producer, lifecycle, {
    group: 'marketplace',
    topics: { 'economy-events': topics['economy-events'] },
    handle: (batch) => orchestrator.handle(batch),
  });
  // Every replica does all of these: each is done by the one that gets the rows.
  every(lookAfterMonthsEveryMs, 'months to come', lifecycle, () => makePartitions(database));
  every(lookAfterMonthsEveryMs, 'old months', lifecycle, () => detachPartitions(database, config.TRADES_KEEP_MONTHS));
  every(lookAfterTradesEveryMs, 'trades', lifecycle, () => orchestrator.lookAfterDue());
  every(stockHouseEveryMs, 'house', lifecycle, () => house.fill());
  every(countTradesEveryMs, 'trades in flight', lifecycle, () => trades.count());

  const routes = marketplaceRoutes({ listings, market, trades });
  const server = createHttpServer(createApp({ routes, authenticate: callerFromGateway }));
  await listen(server, config.HTTP_PORT, lifecycle);
};

void runService({
  name: 'marketplace',
  start,
  commands: {
    migrate: () => migrate(loadConfig(databaseEnv), migrations),
    'await-migrations': () => awaitMigrations(loadConfig(databaseEnv), migrations),
  },
});
