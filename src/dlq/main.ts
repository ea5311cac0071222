import { readFileSync } from 'node:fs';
import { topics as eventsOf } from '../contracts/events.ts';
import { databaseEnv, loadConfig } from '../platform/config.ts';
import { openDatabase } from '../platform/database/database.ts';
import { awaitMigrations, migrate } from '../platform/database/migrate.ts';
import { every } from '../platform/every.ts';
import { createHttpServer, listen } from '../platform/http/server.ts';
import { kafkaClient } from '../platform/kafka/client.ts';
import { openProducer } from '../platform/kafka/producer.ts';
import { runService, type Lifecycle } from '../platform/lifecycle.ts';
import { collect } from './collector.ts';
import { dlqEnv, storesEnv } from './config.ts';
import { createConsole } from './console.ts';
import { Decisions } from './decisions.ts';
import { Letters } from './letters.ts';
import { Messages } from './messages.ts';
import { migrations } from './migrations/index.ts';
import { Operators } from './operators.ts';
import { Sessions } from './sessions.ts';
import { parsePlan, secretsIn } from './stores/plan.ts';
import { prepareStores } from './stores/prepare.ts';

const hourMs = 60 * 60 * 1000;
const tellEveryMs = 10_000;
const lookEveryMs = 500;

const start = async (lifecycle: Lifecycle): Promise<void> => {
  const config = loadConfig(dlqEnv);
  const database = await openDatabase(config, lifecycle, 'dlq');
  const kafka = kafkaClient(config, 'dlq');
  const topics = Object.keys(eventsOf);

  const letters = new Letters(database);
  await collect(kafka, config, letters, lifecycle, { group: 'dlq', queues: topics.map((topic) => `${topic}.dlq`) });

  const sessions = new Sessions(config.SESSION_SECRET, database);
  const messages = new Messages(database);
  const decisions = new Decisions(database, openProducer(kafka, lifecycle));
  every(lookEveryMs, 'decisions', lifecycle, () => decisions.carryOutAll(lifecycle.signal));
  every(tellEveryMs, 'waiting messages', lifecycle, () => messages.tellWaiting(topics));
  every(hourMs, 'what is over', lifecycle, async () => {
    await letters.sweep();
    await sessions.sweep();
  });

  const console = createConsole({
    sessions,
    operators: new Operators(config.OPERATOR_USERNAME, config.OPERATOR_PASSWORD),
    messages,
    decisions,
    topics,
    trustedProxies: config.TRUSTED_PROXIES,
  });
  await listen(createHttpServer(console), config.HTTP_PORT, lifecycle);
};

/** Not of the console: stores that are not the chart's own, made ready by a Job on this image, which has all their clients. */
const prepare = async (): Promise<void> => {
  const { STORES_PLAN, STORES_SECRETS } = loadConfig(storesEnv);
  const say = (line: string) => process.stdout.write(`${line}\n`);
  const ready = await prepareStores(parsePlan(readFileSync(STORES_PLAN, 'utf8')), secretsIn(STORES_SECRETS), say);
  if (!ready) process.exit(1);
};

void runService({
  name: 'dlq',
  start,
  commands: {
    migrate: () => migrate(loadConfig(databaseEnv), migrations),
    'prepare-stores': prepare,
    'await-migrations': () => awaitMigrations(loadConfig(databaseEnv), migrations),
  },
});
