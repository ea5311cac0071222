import { readConfig, redisEnv } from '../../platform/config.ts';
import { ProcessLifecycle } from '../../platform/lifecycle.ts';
import { openRedis } from '../../platform/redis.ts';
import { reason, type ReadSecret, type Report } from './plan.ts';

/** Nothing is to be made in Redis: whether it can be signed in to is told. */
export const checkRedis = async (env: Record<string, string>, secret: ReadSecret, report: Report): Promise<void> => {
  const lifecycle = new ProcessLifecycle();
  const config = readConfig(redisEnv, { ...env, REDIS_PASSWORD: secret('redis', 'password') });
  const client = openRedis(config, lifecycle, 'idempo-stores');
  try {
    await new Promise((resolve, reject) => {
      client.once('ready', resolve);
      client.once('error', reject);
    });
    await client.ping();
  } catch (error) {
    report.problem(`Redis: ${config.REDIS_NODES.join(', ')} does not answer as redis.external says: ${reason(error)}`);
  } finally {
    await lifecycle.stop();
  }
};
