import { nameLogger, logger } from './telemetry/logger.ts';
import { startManagementServer } from './http/management.ts';
import { serviceEnv, loadConfig } from './config.ts';
import { flushSpans } from './telemetry/subject.ts';

type Check = () => boolean | Promise<boolean>;

/** What a process registers as it is put together: whether it is ready, and how each of its parts is stopped. */
export interface Lifecycle {
  /** Parts are stopped in the reverse order of registration, each waited for. */
  onStop(part: string, stop: () => void | Promise<void>): void;
  /** /readyz answers 200 when every check says true and the process is not draining. */
  readyWhen(part: string, check: Check): void;
  /** From SIGTERM on. */
  readonly draining: boolean;
  /** Aborted when draining begins: what loops ends with it. */
  readonly signal: AbortSignal;
}

const stopDeadlineMs = 25_000;

export class ProcessLifecycle implements Lifecycle {
  private readonly stops: { part: string; stop: () => void | Promise<void> }[] = [];
  private readonly checks: { part: string; check: Check }[] = [];
  private readonly abort = new AbortController();
  /** What was not ready when it was last asked. */
  private missing = '';

  onStop(part: string, stop: () => void | Promise<void>): void {
    this.stops.push({ part, stop });
  }

  readyWhen(part: string, check: Check): void {
    this.checks.push({ part, check });
  }

  get draining(): boolean {
    return this.abort.signal.aborted;
  }

  get signal(): AbortSignal {
    return this.abort.signal;
  }

  /** The parts that are not ready, by name; empty when all are. */
  async notReady(): Promise<string[]> {
    if (this.draining) return ['draining'];
    const answers = await Promise.all(
      this.checks.map(async ({ part, check }) => {
        const ready = await Promise.resolve()
          .then(check)
          .catch(() => false);
        return ready ? [] : [part];
      }),
    );
    const parts = answers.flat();
    const missing = parts.join(', ');
    // Asked every few seconds: said when it changes.
    if (missing !== this.missing) logger.info({ missing: parts }, missing === '' ? 'ready' : 'not ready');
    this.missing = missing;
    return parts;
  }

  async stop(): Promise<void> {
    if (this.draining) return;
    this.abort.abort();
    for (const { part, stop } of this.stops.reverse()) {
      try {
        await stop();
      } catch (error) {
        logger.warn({ part, error }, 'a part did not stop cleanly');
      }
    }
  }
}

export interface Service {
  name: string;
  /** Puts the service together; resolves when it takes traffic. */
  start(lifecycle: Lifecycle): Promise<void>;
  /** What `main.cjs <command>` does besides serving: `migrate`, `await-migrations`. */
  commands?: Record<string, () => Promise<void>>;
}

/** Runs one command of the service and ends, or serves until SIGTERM or SIGINT. */
export const runService = async (service: Service): Promise<void> => {
  nameLogger(service.name);
  const name = process.argv[2];
  try {
    if (name === undefined) {
      await serve(service);
      return;
    }
    const command = service.commands?.[name];
    if (!command) {
      const known = Object.keys(service.commands ?? {}).join(', ') || 'none';
      throw new Error(`unknown command "${name}"; this service has: ${known}`);
    }
    await command();
    process.exit(0);
  } catch (error) {
    logger.fatal({ err: error }, 'could not start');
    process.exit(1);
  }
};

const serve = async (service: Service): Promise<void> => {
  const lifecycle = new ProcessLifecycle();
  let started = false;
  lifecycle.readyWhen('start', () => started);
  const management = await startManagementServer(loadConfig(serviceEnv).MANAGEMENT_PORT, lifecycle);
  const stop = (signal: NodeJS.Signals) => {
    logger.info({ signal }, 'draining');
    const late = setTimeout(() => {
      logger.error('not drained in time');
      process.exit(1);
    }, stopDeadlineMs);
    late.unref();
    void lifecycle.stop().then(async () => {
      management.close();
      await flushSpans();
      logger.info('drained');
      process.exit(0);
    });
  };
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
  await service.start(lifecycle);
  started = true;
  logger.info({ startedInMs: Math.round(process.uptime() * 1000) }, 'started');
};
