import { AsyncLocalStorage } from 'node:async_hooks';

/** What the log lines of a request or event say of it. */
export interface LogContext {
  correlationId?: string;
  eventId?: string;
  playerId?: string;
}

const storage = new AsyncLocalStorage<LogContext>();

export const logContext = {
  run: <T>(context: LogContext, work: () => T): T => storage.run(context, work),
  current: (): LogContext => storage.getStore() ?? {},
};
