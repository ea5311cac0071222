import manifest from '../../package.json' with { type: 'json' };
import { routes } from '../contracts/routes.ts';
import { databaseEnv, loadConfig } from '../platform/config.ts';
import { openDatabase } from '../platform/database/database.ts';
import { awaitMigrations, migrate } from '../platform/database/migrate.ts';
import { every } from '../platform/every.ts';
import { createApp } from '../platform/http/app.ts';
import { createHttpServer, listen } from '../platform/http/server.ts';
import { runService, type Lifecycle } from '../platform/lifecycle.ts';
import { openRedis } from '../platform/redis.ts';
import { watchCertificateFile } from '../platform/telemetry/certificates.ts';
import { gatewayEnv } from './config.ts';
import { serveDocs } from './docs/middleware.ts';
import { openApiDocument } from './docs/openapi.ts';
import { addressOf, Admission, allowOrigins, rootHealth, securityHeaders } from './edge.ts';
import { Accounts } from './identity/accounts.ts';
import { Account, Session } from './identity/entities.ts';
import { migrations } from './identity/migrations/index.ts';
import { Passwords } from './identity/passwords.ts';
import { AccessTokens } from './identity/tokens.ts';
import { Endpoints, type EndpointSource } from './proxy/endpoints.ts';
import { apiPrefix, forwardPolling } from './proxy/forward.ts';
import { passLiveConnections, type LiveUpstreams } from './proxy/live.ts';
import { Upstream } from './proxy/upstream.ts';
import { RateLimits } from './rate-limits.ts';
import { gatewayRoutes, type Upstreams } from './routes.ts';

const hourMs = 60 * 60 * 1000;

/** Puts the gateway together. */
export const start = async (lifecycle: Lifecycle): Promise<void> => {
  const config = loadConfig(gatewayEnv);

  const database = await openDatabase(config, lifecycle, 'gateway', { entities: [Account, Session] });
  const passwords = await Passwords.open({ concurrency: config.PASSWORD_CONCURRENCY, queue: config.PASSWORD_QUEUE });
  const accounts = new Accounts(database.orm.em, passwords, config.SESSION_DAYS);
  every(hourMs, 'expired sessions', lifecycle, () => accounts.removeExpiredSessions());

  if (config.FRONT_DOOR_CERTIFICATE_FILE !== undefined) {
    watchCertificateFile('front door', config.FRONT_DOOR_CERTIFICATE_FILE, lifecycle);
  }

  const tokens = new AccessTokens(config.JWT_PRIVATE_KEY);
  const limits = new RateLimits(openRedis(config, lifecycle, 'gateway'), {
    player: config.RATE_LIMIT_PLAYER,
    address: config.RATE_LIMIT_ADDRESS,
    signUp: config.RATE_LIMIT_SIGN_UP,
    loginAccount: config.RATE_LIMIT_LOGIN_ACCOUNT,
    loginAddress: config.RATE_LIMIT_LOGIN_ADDRESS,
  });
  const admission = new Admission(tokens, limits);

  const upstream = async (name: string, source: EndpointSource) =>
    new Upstream(name, await Endpoints.open(source, lifecycle));
  const upstreams: Upstreams = {
    game: await upstream('game', config.GAME_ENDPOINTS),
    wallet: await upstream('wallet', config.WALLET_ENDPOINTS),
    inventory: await upstream('inventory', config.INVENTORY_ENDPOINTS),
    marketplace: await upstream('marketplace', config.MARKETPLACE_ENDPOINTS),
    leaderboard: await upstream('leaderboard', config.LEADERBOARD_ENDPOINTS),
  };
  const live: LiveUpstreams = new Map([
    ['/game/socket.io/', { upstream: upstreams.game, sticky: 'match' }],
    ['/notifications/socket.io/', { upstream: await upstream('notification', config.NOTIFICATION_ENDPOINTS) }],
  ]);

  const app = createApp({
    prefix: apiPrefix,
    routes: gatewayRoutes({ accounts, tokens, limits, botSecret: config.BOT_SECRET, upstreams }),
    authenticate: admission.authenticate,
    trustedProxies: config.TRUSTED_PROXIES,
    before: [
      securityHeaders,
      allowOrigins(config.CORS_ORIGINS),
      rootHealth,
      admission.middleware,
      serveDocs(openApiDocument(routes, manifest.version)),
      forwardPolling(live, lifecycle),
    ],
  });
  const server = createHttpServer(app);
  await listen(server, config.HTTP_PORT, lifecycle, config.LINGER_MS);
  passLiveConnections(server, live, lifecycle, (request) =>
    limits.request(null, addressOf(request, config.TRUSTED_PROXIES)),
  );
};

void runService({
  name: 'gateway',
  start,
  commands: {
    migrate: () => migrate(loadConfig(databaseEnv), migrations),
    'await-migrations': () => awaitMigrations(loadConfig(databaseEnv), migrations),
  },
});
