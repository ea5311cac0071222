import { topics } from '../contracts/events.ts';
import { databaseEnv, loadConfig } from '../platform/config.ts';
import { openDatabase } from '../platform/database/database.ts';
import { awaitMigrations, migrate } from '../platform/database/migrate.ts';
import { createApp } from '../platform/http/app.ts';
import { callerFromGateway } from '../platform/http/identity.ts';
import { createHttpServer, listen } from '../platform/http/server.ts';
import { kafkaClient } from '../platform/kafka/client.ts';
import { consume } from '../platform/kafka/consumer.ts';
import { openProducer } from '../platform/kafka/producer.ts';
import { runService, type Lifecycle } from '../platform/lifecycle.ts';
import { startRelay } from '../platform/outbox/relay.ts';
import { marketplaceEnv } from './config.ts';
import { migrations } from './migrations/index.ts';

const start = async (lifecycle: Lifecycle): Promise<void> => {
  const config = loadConfig(marketplaceEnv);
  const database = await openDatabase(config, lifecycle, 'marketplace');
  const kafka = kafkaClient(config, 'marketplace');
  const producer = openProducer(kafka, lifecycle);
  startRelay(config, database, producer, 'marketplace', lifecycle);

  await consume(kafka, config, producer, lifecycle, {
    group: 'marketplace',
    topics: { 'economy-events': topics['economy-events'] },
    handle: () => Promise.resolve(),
  });
  const server = createHttpServer(createApp({ routes: [], authenticate: callerFromGateway }));
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
