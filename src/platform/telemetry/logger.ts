import { trace } from '@opentelemetry/api';
import { pino } from 'pino';
import { logContext } from './context.ts';

/** JSON lines on standard output. Never log a password, a token or a payload. */
export const logger = pino({
  level: process.env['LOG_LEVEL'] ?? 'info',
  base: null,
  timestamp: () => `,"timestamp":"${new Date().toISOString()}"`,
  formatters: { level: (label) => ({ level: label }) },
  mixin: () => {
    const span = trace.getActiveSpan()?.spanContext();
    return span ? { ...logContext.current(), traceId: span.traceId, spanId: span.spanId } : logContext.current();
  },
});

/** The service's name in every line from here on. */
export const nameLogger = (service: string): void => {
  logger.setBindings({ service });
};
