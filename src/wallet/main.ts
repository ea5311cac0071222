import { topics, type EconomyEvent, type MatchEvent } from '../contracts/events.ts';
import { databaseEnv, loadConfig } from '../platform/config.ts';
import { openDatabase } from '../platform/database/database.ts';
import { awaitMigrations, migrate } from '../platform/database/migrate.ts';
import { every } from '../platform/every.ts';
import { createApp } from '../platform/http/app.ts';
import { ServiceClient } from '../platform/http/client.ts';
import { callerFromGateway } from '../platform/http/identity.ts';
import { createHttpServer, listen } from '../platform/http/server.ts';
import { kafkaClient } from '../platform/kafka/client.ts';
import { consume } from '../platform/kafka/consumer.ts';
import { openProducer } from '../platform/kafka/producer.ts';
import { runService, type Lifecycle } from '../platform/lifecycle.ts';
import { startRelay } from '../platform/outbox/relay.ts';
import { Bookkeeper } from './bookkeeper.ts';
import { walletEnv } from './config.ts';
import { Expiry } from './expiry.ts';
import { migrations } from './migrations/index.ts';
import { Payments } from './payments.ts';
import { walletRoutes } from './routes.ts';
import { Wallets } from './wallets.ts';

const askEveryMs = 2000;
const countEveryMs = 5000;
/** For one question to game. */
const gameTimeoutMs = 3000;

const start = async (lifecycle: Lifecycle): Promise<void> => {
  const config = loadConfig(walletEnv);
  const database = await openDatabase(config, lifecycle, 'wallet');
  const kafka = kafkaClient(config, 'wallet');
  const producer = openProducer(kafka, lifecycle);
  const relay = startRelay(config, database, producer, 'wallet', lifecycle);
  const bookkeeper = new Bookkeeper(database, relay);

  await consume<EconomyEvent | MatchEvent>(kafka, config, producer, lifecycle, {
    group: 'wallet',
    topics: { 'economy-events': topics['economy-events'], 'match-events': topics['match-events'] },
    paceMs: 25,
    handle: (batch) => bookkeeper.handle(batch),
  });

  const wallets = new Wallets(database);
  const game = new ServiceClient('game', config.GAME_URLS, gameTimeoutMs);
  const expiry = new Expiry(database, game, config.STAMP_RESERVATION_SECONDS);
  every(askEveryMs, 'overdue stamps', lifecycle, () => expiry.askAboutOverdue());
  every(countEveryMs, 'holds', lifecycle, () => wallets.countHolds());

  const routes = walletRoutes({ wallets, payments: new Payments(database) });
  const server = createHttpServer(createApp({ routes, authenticate: callerFromGateway }));
  await listen(server, config.HTTP_PORT, lifecycle);
};

void runService({
  name: 'wallet',
  start,
  commands: {
    migrate: () => migrate(loadConfig(databaseEnv), migrations),
    'await-migrations': () => awaitMigrations(loadConfig(databaseEnv), migrations),
  },
});
