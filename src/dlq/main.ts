import Koa from 'koa';
import { topics } from '../contracts/events.ts';
import { databaseEnv, loadConfig } from '../platform/config.ts';
import { openDatabase } from '../platform/database/database.ts';
import { awaitMigrations, migrate } from '../platform/database/migrate.ts';
import { every } from '../platform/every.ts';
import { createHttpServer, listen } from '../platform/http/server.ts';
import { kafkaClient } from '../platform/kafka/client.ts';
import { runService, type Lifecycle } from '../platform/lifecycle.ts';
import { collect } from './collector.ts';
import { dlqEnv } from './config.ts';
import { Letters } from './letters.ts';
import { migrations } from './migrations/index.ts';

const hourMs = 60 * 60 * 1000;

const start = async (lifecycle: Lifecycle): Promise<void> => {
  const config = loadConfig(dlqEnv);
  const database = await openDatabase(config, lifecycle, 'dlq');
  const kafka = kafkaClient(config, 'dlq');

  const letters = new Letters(database);
  every(hourMs, 'old messages', lifecycle, () => letters.sweep());
  const queues = Object.keys(topics).map((topic) => `${topic}.dlq`);
  await collect(kafka, config, letters, lifecycle, { group: 'dlq', queues });

  await listen(createHttpServer(new Koa()), config.HTTP_PORT, lifecycle);
};

void runService({
  name: 'dlq',
  start,
  commands: {
    migrate: () => migrate(loadConfig(databaseEnv), migrations),
    'await-migrations': () => awaitMigrations(loadConfig(databaseEnv), migrations),
  },
});
