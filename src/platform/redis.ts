import { Cluster, Redis } from 'ioredis';
import type { RedisEnv } from './config.ts';
import type { Lifecycle } from './lifecycle.ts';
import { logger } from './telemetry/logger.ts';

export type RedisClient = Redis | Cluster;

/**
 * A client for a single Redis or a Redis Cluster. Commands fail at once while Redis is away (nothing waits in a queue
 * that nobody may want any more), and the client takes up again by itself.
 */
export const openRedis = (env: RedisEnv, lifecycle: Lifecycle, purpose: string): RedisClient => {
  const options = {
    ...(env.REDIS_PASSWORD === undefined ? {} : { password: env.REDIS_PASSWORD }),
    ...(env.REDIS_TLS ? { tls: {} } : {}),
    connectionName: purpose,
    connectTimeout: 2000,
    commandTimeout: 1000,
    maxRetriesPerRequest: 0,
    enableOfflineQueue: false,
    autoResubscribe: true,
    retryStrategy: (attempt: number) => Math.min(100 * attempt, 1000),
  };
  const nodes = env.REDIS_NODES.map((node) => {
    const [host = '', port = '6379'] = node.split(':');
    return { host, port: Number(port) };
  });
  const client =
    env.REDIS_MODE === 'cluster'
      ? new Cluster(nodes, {
          redisOptions: options,
          enableOfflineQueue: false,
          clusterRetryStrategy: (attempt) => Math.min(100 * attempt, 1000),
        })
      : new Redis({ ...options, ...nodes[0] });
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
