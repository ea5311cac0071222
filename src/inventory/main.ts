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
import { inventoryEnv } from './config.ts';
import { keepItems } from './handlers.ts';
import { migrations } from './migrations/index.ts';
import { inventoryRoutes } from './routes.ts';

const start = async (lifecycle: Lifecycle): Promise<void> => {
  const config = loadConfig(inventoryEnv);
  const database = await openDatabase(config, lifecycle, 'inventory');
  const kafka = kafkaClient(config, 'inventory');
  const producer = openProducer(kafka, lifecycle);
  const relay = startRelay(config, database, producer, 'inventory', lifecycle);

  await consume(kafka, config, producer, lifecycle, {
    group: 'inventory',
    topics: { 'economy-events': topics['economy-events'] },
    handle: keepItems(database, relay),
  });

  const app = createApp({ routes: inventoryRoutes(database), authenticate: callerFromGateway });
  await listen(createHttpServer(app), config.HTTP_PORT, lifecycle);
};

void runService({
  name: 'inventory',
  start,
  commands: {
    migrate: () => migrate(loadConfig(databaseEnv), migrations),
    'await-migrations': () => awaitMigrations(loadConfig(databaseEnv), migrations),
  },
});
