import { Cluster, Redis } from 'ioredis';
import type { RedisEnv } from './config.ts';
import { every } from './every.ts';
import type { Lifecycle } from './lifecycle.ts';
import { watchedIdentity } from './telemetry/certificates.ts';
import { logger } from './telemetry/logger.ts';

export type RedisClient = Redis | Cluster;

const optionsFor = (env: RedisEnv, purpose: string) => ({
  ...(env.REDIS_PASSWORD === undefined ? {} : { password: env.REDIS_PASSWORD }),
  ...(env.REDIS_TLS ? { tls: { checkServerIdentity: watchedIdentity('redis') } } : {}),
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

/**
 * A client for the keys of a single Redis or a Redis Cluster. Commands fail soon while Redis is away (nothing waits in a
 * queue that nobody may want any more), and the client takes up again by itself.
 */
export const openRedis = (env: RedisEnv, lifecycle: Lifecycle, purpose: string): RedisClient => {
  const options = optionsFor(env, purpose);
  const client =
    env.REDIS_MODE === 'cluster'
      ? new Cluster(nodesOf(env), {
          redisOptions: options,
          enableOfflineQueue: false,
          clusterRetryStrategy: (attempt) => Math.min(100 * attempt, 1000),
          // A shard that fails over takes longer than anybody should wait.
          maxRedirections: 3,
          slotsRefreshInterval: 5000,
        })
      : new Redis({ ...options, ...nodesOf(env)[0] });
  return supervised(client, lifecycle, purpose);
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
  const client = supervised(new Redis({ ...optionsFor(env, purpose), ...nodes[0] }), lifecycle, purpose);
  client.on('close', () => {
    Object.assign(client.options, nodes[++turn % nodes.length]);
  });
  // Whoever only listens would not notice that the other side is gone without a word.
  every(heartbeatMs, `redis ${purpose}`, lifecycle, async () => {
    if (client.status === 'ready') await client.ping().catch(() => client.disconnect(true));
  });
  return client;
};
