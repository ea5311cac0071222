import { topics, type EconomyEvent, type MatchEvent } from '../contracts/events.ts';
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
import { openChannel } from '../platform/redis.ts';
import { notificationEnv } from './config.ts';
import { notify } from './handlers.ts';
import { Live } from './live.ts';
import { migrations } from './migrations/index.ts';
import { Notifications } from './store.ts';
import { AccessTokens } from './tokens.ts';

const sweepEveryMs = 60 * 60 * 1000;

const start = async (lifecycle: Lifecycle): Promise<void> => {
  const config = loadConfig(notificationEnv);
  const database = await openDatabase(config, lifecycle, 'notification');
  const kafka = kafkaClient(config, 'notification');
  const producer = openProducer(kafka, lifecycle);

  const notifications = new Notifications(database);
  every(sweepEveryMs, 'old notifications', lifecycle, () => notifications.sweep());
  const publisher = openChannel(config, lifecycle, 'notification publisher');
  const subscriber = openChannel(config, lifecycle, 'notification subscriber');
  const live = new Live(publisher, subscriber, notifications);

  await consume<EconomyEvent | MatchEvent>(kafka, config, producer, lifecycle, {
    group: 'notification',
    topics: { 'economy-events': topics['economy-events'], 'match-events': topics['match-events'] },
    paceMs: 50,
    handle: notify(notifications, (addressed) => live.tell(addressed)),
  });

  const server = createHttpServer(createApp({ routes: [], authenticate: callerFromGateway }));
  await listen(server, config.HTTP_PORT, lifecycle);
  live.open(server, new AccessTokens(config.JWKS_URL), lifecycle);
};

void runService({
  name: 'notification',
  start,
  commands: {
    migrate: () => migrate(loadConfig(databaseEnv), migrations),
    'await-migrations': () => awaitMigrations(loadConfig(databaseEnv), migrations),
  },
});
