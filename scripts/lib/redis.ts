import { connect } from 'node:net';
import { join } from 'node:path';
import { locateRedis, need } from './locate.ts';
import { ManagedProcess } from './process.ts';

export const answersPing = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => socket.write('PING\r\n'));
    const answer = (ready: boolean) => {
      socket.destroy();
      resolve(ready);
    };
    socket.once('data', (data) => {
      answer(data.toString().startsWith('+PONG'));
    });
    socket.once('error', () => {
      answer(false);
    });
  });

/** In memory alone: nothing in it has to survive. */
export const redisSettings = { save: '', appendonly: 'no', 'maxmemory-policy': 'allkeys-lru' };

/** A real Redis, with `more` settings of redis.conf. */
export const startRedis = async (
  folders: { logs: string; run: string },
  port: number,
  more: Record<string, string> = {},
) => {
  const settings = { ...redisSettings, port: String(port), bind: '127.0.0.1', maxmemory: '64mb', ...more };
  const process = new ManagedProcess({
    name: 'redis',
    command: need(locateRedis(), 'Redis (redis-server)'),
    args: Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value]),
    logFile: join(folders.logs, 'redis.log'),
    pidFile: join(folders.run, 'redis.pid'),
    ready: () => answersPing(port),
    readyWithinMs: 30_000,
    stopSignal: 'SIGTERM',
    stopWithinMs: 5000,
  });
  await process.start();
  return process;
};
