import { Cluster, Redis } from 'ioredis';
import type { RedisEnv } from './config.ts';
import { every } from './every.ts';
import type { Lifecycle } from './lifecycle.ts';
import type { Secret } from './secret.ts';
import { logger } from './telemetry/logger.ts';
import { tlsTo } from './tls.ts';

export type RedisClient = Redis | Cluster;

const optionsFor = (env: RedisEnv, purpose: string) => ({
  ...(env.REDIS_PASSWORD === undefined ? {} : { password: env.REDIS_PASSWORD.offer }),
  ...(env.REDIS_TLS ? { tls: tlsTo('redis', env.REDIS_TLS_CA_FILE) } : {}),
  connectionName: purpose,
  connectTimeout: 2000,
  commandTimeout: 1000,
  maxRetriesPerRequest: 0,
  enableOfflineQueue: false,
  autoResubscribe: true,
  retryStrategy: (attempt: number) => Math.min(100 * attempt, 1000),
});

const nodesOf = (env: RedisEnv): { host: string; port: number }[] =>
  env.REDIS_NODES.map((node) => {
    const [host = '', port = '6379'] = node.split(':');
    return { host, port: Number(port) };
  });

/** Each new connection of a client signs in with the password as it is by then, and when that is refused, the next with another. */
const followPassword = (client: Redis, secret: Secret | undefined): void => {
  if (secret === undefined) return;
  let offered = secret.offer;
  Object.defineProperty(client.options, 'password', { get: () => (offered = secret.offer), enumerable: true });
  client.on('error', (error: Error) => {
    if (error.message.startsWith('WRONGPASS')) secret.refuse(offered);
  });
};

/** Says when it goes and comes back, and ends with the process. */
const supervised = <C extends RedisClient>(client: C, lifecycle: Lifecycle, purpose: string): C => {
  let away = false;
  client.on('error', (error: Error) => {
    if (!away) logger.warn({ purpose, error: error.message }, 'redis is away');
    away = true;
  });
  client.on('ready', () => {
    if (away) logger.info({ purpose }, 'redis is back');
    away = false;
  });
  lifecycle.onStop(`redis ${purpose}`, () => {
    client.disconnect();
  });
  return client;
};

/** A connection to one Redis, the first of the environment. */
const openOne = (
  env: RedisEnv,
  lifecycle: Lifecycle,
  purpose: string,
  more: { enableAutoPipelining?: true } = {},
): Redis => {
  const client = new Redis({ ...optionsFor(env, purpose), ...nodesOf(env)[0], ...more });
  followPassword(client, env.REDIS_PASSWORD);
  return supervised(client, lifecycle, purpose);
};

/**
 * A client for the keys of a single Redis or a Redis Cluster. Commands fail soon while Redis is away (nothing waits in a
 * queue that nobody may want any more), and the client takes up again by itself.
 */
export const openRedis = (env: RedisEnv, lifecycle: Lifecycle, purpose: string): RedisClient => {
  if (env.REDIS_MODE === 'single') return openOne(env, lifecycle, purpose);
  const cluster = new Cluster(nodesOf(env), {
    redisOptions: optionsFor(env, purpose),
    enableOfflineQueue: false,
    // Names stay names: a certificate is for these.
    dnsLookup: (name, callback) => {
      callback(null, name);
    },
    clusterRetryStrategy: (attempt) => Math.min(100 * attempt, 1000),
    // A shard that fails over takes longer than anybody should wait.
    maxRedirections: 3,
    slotsRefreshInterval: 5000,
  });
  cluster.on('+node', (node: Redis) => followPassword(node, env.REDIS_PASSWORD));
  return supervised(cluster, lifecycle, purpose);
};

/** How long a connection over which nothing comes is believed in. */
const heartbeatMs = 5000;

/**
 * A client for publishing and subscribing. In a Redis Cluster any node does: what one is told all are told. So this is a
 * connection to one of them, and to the next when that one goes; each time it is `ready`, something may have been missed.
 */
export const openChannel = (env: RedisEnv, lifecycle: Lifecycle, purpose: string): Redis => {
  const nodes = nodesOf(env);
  let turn = 0;
  // What is published in one turn of the loop is one write: there may be as many messages as matches.
  const client = openOne(env, lifecycle, purpose, { enableAutoPipelining: true });
  client.on('close', () => {
    Object.assign(client.options, nodes[++turn % nodes.length]);
  });
  // Whoever only listens would not notice that the other side is gone without a word.
  every(heartbeatMs, `redis ${purpose}`, lifecycle, async () => {
    if (client.status === 'ready') await client.ping().catch(() => client.disconnect(true));
  });
  return client;
};
