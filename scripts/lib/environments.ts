import type { ServiceName } from './bundle.ts';
import { databaseEnvironment, type ServerFacts } from './servers.ts';
import type { Values } from './values.ts';

/** As in the images: a small young generation keeps a service small. */
const nodeOptions = '--max-semi-space-size=4';

/** What this machine's environment says to every process; nothing else of it reaches a service. */
export const inherited = (): NodeJS.ProcessEnv => {
  const names = ['PATH', 'HOME', 'LANG', 'TZ', 'LOG_LEVEL', 'OTEL_EXPORTER_OTLP_ENDPOINT', 'NODE_EXTRA_CA_CERTS'];
  const given = names.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]] as const]));
  return { NODE_OPTIONS: nodeOptions, ...Object.fromEntries(given) };
};

/** The environment by which a service reaches its database, as its own role or as the owner; null when it has none. */
export const databaseOf = (
  { databases, ...values }: Values,
  facts: ServerFacts,
  service: ServiceName,
  role: string = service,
): Record<string, string> | null => {
  const key = values[service].database;
  const name = key === undefined ? undefined : databases[key]?.name;
  return key === undefined || name === undefined ? null : databaseEnvironment(facts, { name, key, role });
};

/** Where the replicas of each service answer. */
export type ServiceUrls = (service: ServiceName) => string[];

/** What each service is told, from the chart's values: the same names as the chart's, beside what is `inherited`. */
export const environments = (values: Values, facts: ServerFacts, urlsOf: ServiceUrls, rules: object) => {
  const { secrets } = facts;
  const { economy, bots } = values;
  const urls = (service: ServiceName) => urlsOf(service).join(',');
  const gatewayUrl = urlsOf('gateway')[0] ?? '';
  const store = (service: ServiceName): Record<string, string> => ({
    ...(values[service].kafka ? { KAFKA_BROKERS: facts.kafka, KAFKA_SESSION_TIMEOUT_MS: '4000' } : {}),
    ...(values[service].redis ? { REDIS_NODES: facts.redis } : {}),
    ...databaseOf(values, facts, service),
  });
  const own: Record<ServiceName, Record<string, string>> = {
    gateway: {
      GAME_ENDPOINTS: urls('game'),
      WALLET_ENDPOINTS: urls('wallet'),
      INVENTORY_ENDPOINTS: urls('inventory'),
      MARKETPLACE_ENDPOINTS: urls('marketplace'),
      LEADERBOARD_ENDPOINTS: urls('leaderboard'),
      NOTIFICATION_ENDPOINTS: urls('notification'),
      JWT_PRIVATE_KEY: secrets.jwtPrivateKey,
      BOT_SECRET: secrets.botSecret,
    },
    game: {
      MATCH_TOKEN_SECRET: secrets.matchTokenSecret,
      GAME_RULES: JSON.stringify({ ...values.game.rules, ...rules }),
      WALLET_URLS: urls('wallet'),
      INVENTORY_URLS: urls('inventory'),
    },
    combat: {},
    reward: { REWARDS: JSON.stringify(economy.rewards) },
    wallet: { GAME_URLS: urls('game') },
    inventory: {},
    marketplace: {
      WALLET_URLS: urls('wallet'),
      INVENTORY_URLS: urls('inventory'),
      FEE_PERCENT: String(economy.feePercent),
      SAGA_STEP_SECONDS: String(economy.sagaStepSeconds),
      TRADES_KEEP_MONTHS: String(economy.tradesKeepMonths),
      HOUSE: JSON.stringify(economy.house),
    },
    leaderboard: {},
    notification: { JWKS_URL: `${gatewayUrl}/api/auth/jwks` },
    dlq: {
      OPERATOR_USERNAME: values.dlq.operator.username,
      OPERATOR_PASSWORD: secrets.operatorPassword,
      SESSION_SECRET: secrets.sessionSecret,
    },
    bots: {
      GATEWAY_URL: gatewayUrl,
      BOT_SECRET: secrets.botSecret,
      BOT_PLAYERS: String(bots.players),
      DEMO_PLAYERS: String(bots.demoPlayers),
    },
  };
  return (service: ServiceName): Record<string, string> => ({ ...store(service), ...own[service] });
};
