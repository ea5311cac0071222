import { topics } from '../contracts/events.ts';
import { Breaker } from '../platform/breaker.ts';
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
import { openRedis } from '../platform/redis.ts';
import { Board } from './board.ts';
import { leaderboardEnv } from './config.ts';
import { countScores } from './handlers.ts';
import { migrations } from './migrations/index.ts';
import { Ranking } from './ranking.ts';
import { leaderboardRoutes } from './routes.ts';
import { Scores } from './scores.ts';

const start = async (lifecycle: Lifecycle): Promise<void> => {
  const config = loadConfig(leaderboardEnv);
  const database = await openDatabase(config, lifecycle, 'leaderboard');
  const kafka = kafkaClient(config, 'leaderboard');
  const producer = openProducer(kafka, lifecycle);

  const scores = new Scores(database);
  const board = new Board(openRedis(config, lifecycle, 'leaderboard'));
  board.keepFilled(scores, lifecycle);

  await consume(kafka, config, producer, lifecycle, {
    group: 'leaderboard',
    topics: { 'leaderboard-events': topics['leaderboard-events'] },
    handle: countScores(scores, board),
  });

  const breaker = new Breaker({
    service: 'leaderboard',
    target: 'database',
    timeoutMs: 5000,
    errorPercent: 60,
    windowMs: 30_000,
    resetMs: 5000,
  });
  const routes = leaderboardRoutes(new Ranking(board, scores, breaker));
  const server = createHttpServer(createApp({ routes, authenticate: callerFromGateway }));
  await listen(server, config.HTTP_PORT, lifecycle);
};

void runService({
  name: 'leaderboard',
  start,
  commands: {
    migrate: () => migrate(loadConfig(databaseEnv), migrations),
    'await-migrations': () => awaitMigrations(loadConfig(databaseEnv), migrations),
  },
});
