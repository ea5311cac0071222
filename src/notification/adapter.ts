import { createAdapter } from '@socket.io/redis-adapter';
import type { RedisClient } from '../platform/redis.ts';
import { logger } from '../platform/telemetry/logger.ts';

/**
 * The Redis adapter of socket.io, for a Redis that may be away: it neither awaits nor catches what it asks of its
 * clients, and subscribes once. So what can't be published is let go, and subscriptions are made at every connection.
 */
export const redisAdapter = (publisher: RedisClient, subscriber: RedisClient): ReturnType<typeof createAdapter> => {
  const subscriptions: (() => Promise<unknown>)[] = [];
  const subscribe = (subscription: () => Promise<unknown>) => {
    subscriptions.push(subscription);
    // Not connected yet; `ready` does it.
    return subscription().catch(() => undefined);
  };
  subscriber.on('ready', () => {
    for (const subscription of subscriptions) subscription().catch(() => undefined);
  });
  const listeners = (client: RedisClient) => ({
    on: client.on.bind(client),
    off: client.off.bind(client),
    listenerCount: client.listenerCount.bind(client),
  });
  return createAdapter(
    {
      ...listeners(publisher),
      publish: (channel: string, message: Buffer | string) =>
        publisher.publish(channel, message).catch((error: unknown) => {
          logger.debug({ err: error }, 'not told to the other replicas');
        }),
    },
    {
      ...listeners(subscriber),
      psubscribe: (pattern: string) => subscribe(() => subscriber.psubscribe(pattern)),
      subscribe: (channels: string[]) => subscribe(() => subscriber.subscribe(...channels)),
    },
    { key: 'notifications' },
  );
};
