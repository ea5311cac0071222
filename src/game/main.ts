import { topics } from '../contracts/events.ts';
import { internalRoutes } from '../contracts/internal.ts';
import { loadConfig, databaseEnv } from '../platform/config.ts';
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
import { remoteWake } from '../platform/outbox/relay.ts';
import { openChannel } from '../platform/redis.ts';
import { gameEnv } from './config.ts';
import { passOn } from './handlers.ts';
import { Hub, type Audience } from './hub.ts';
import { Intake } from './intake.ts';
import { Live } from './live.ts';
import { Lobby } from './lobby.ts';
import { Matches } from './matches.ts';
import { migrations } from './migrations/index.ts';
import { Outcomes } from './outcomes.ts';
import { Replays } from './replays.ts';
import { gameRoutes } from './routes.ts';
import { Stamps } from './stamps.ts';
import { MatchTokens } from './tokens.ts';
import { weaponsFrom } from './weapons.ts';

const settleLobbiesEveryMs = 200;
/** How long others are waited for: a player for a stamp, the start of a match for weapons. */
const stampTimeoutMs = 1500;
const weaponsTimeoutMs = 500;

const start = async (lifecycle: Lifecycle): Promise<void> => {
  const config = loadConfig(gameEnv);
  const rules = config.GAME_RULES;

  const database = await openDatabase(config, lifecycle, 'game');
  const kafka = kafkaClient(config, 'game');
  const producer = openProducer(kafka, lifecycle, () => intake.settled());

  const publisher = openChannel(config, lifecycle, 'game publisher');
  const subscriber = openChannel(config, lifecycle, 'game subscriber');

  const matches = new Matches(database, rules);
  const relay = remoteWake(database);
  const inventory = new ServiceClient('inventory', config.INVENTORY_URLS, weaponsTimeoutMs);
  const lobby = new Lobby(database, relay, weaponsFrom(inventory), rules);
  const tokens = new MatchTokens(config.MATCH_TOKEN_SECRET);
  const live = new Live();
  const audience: Audience = {
    event: (matchId, event) => {
      intake.heard(event);
      live.event(matchId, event);
    },
    state: (matchId, state) => {
      live.state(matchId, state);
    },
  };
  const hub = new Hub(publisher, subscriber, matches, audience, lifecycle);
  const outcomes = new Outcomes(database, relay);
  const wallet = new ServiceClient('wallet', config.WALLET_URLS, stampTimeoutMs);
  const stamps = new Stamps((body) => wallet.ask(internalRoutes.reserveStamp, { body }), outcomes);
  const intake = new Intake({ producer, matches, outcomes, stamps, hub }, config.ACTION_TIMEOUT_MS, lifecycle);

  await consume(kafka, config, producer, lifecycle, {
    group: 'game',
    topics: { 'match-events': topics['match-events'] },
    handle: passOn(hub),
  });
  // Every replica looks; a lobby is settled by the one that gets its row.
  every(settleLobbiesEveryMs, 'lobbies', lifecycle, () => lobby.settleOverdue());

  const routes = gameRoutes({
    lobby,
    matches,
    intake,
    outcomes,
    replays: new Replays(database, matches),
    hub,
    tokens,
    rules,
  });
  const server = createHttpServer(createApp({ routes, authenticate: callerFromGateway }));
  await listen(server, config.HTTP_PORT, lifecycle);
  live.open(server, { hub, intake, tokens }, config.ACTIONS_PER_SECOND, lifecycle);
};

void runService({
  name: 'game',
  start,
  commands: {
    migrate: () => migrate(loadConfig(databaseEnv), migrations),
    'await-migrations': () => awaitMigrations(loadConfig(databaseEnv), migrations),
  },
});
