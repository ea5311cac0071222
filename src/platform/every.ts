import { setTimeout as sleep } from 'node:timers/promises';
import type { Lifecycle } from './lifecycle.ts';
import { logger } from './telemetry/logger.ts';

/** Does something again and again, never twice at once, until the process drains. What fails is logged, and tried again. */
export const every = (ms: number, what: string, lifecycle: Lifecycle, work: () => Promise<void>): void => {
  const loop = async () => {
    while (!lifecycle.draining) {
      await work().catch((error: unknown) => {
        logger.warn({ err: error, what }, 'failed, trying again');
      });
      await sleep(ms, undefined, { signal: lifecycle.signal }).catch(() => undefined); // Draining ends the wait.
    }
  };
  const running = loop();
  lifecycle.onStop(what, () => running);
};
