import { context, propagation, trace, type Context } from '@opentelemetry/api';

/** W3C trace context, as it travels in the headers of a Kafka record. */
interface Carried {
  headers?: Record<string, string | Buffer>;
}

/**
 * Where the trace of a record began is kept in `origin-traceparent`. The relay and the producer send records of many
 * traces in one request, and the instrumentation would put them all under that request.
 */
const originHeader = 'origin-traceparent';

/** Puts the active trace into headers that name none yet. Without tracing this does nothing. */
export const rememberTrace = (records: Carried[]): void => {
  const active = currentTrace();
  if (active === undefined) return;
  for (const record of records) {
    if (record.headers?.[originHeader] !== undefined) continue;
    record.headers = { ...record.headers, [originHeader]: active, traceparent: active };
  }
};

/** The headers that carry the active trace; empty without one. */
export const traceHeaders = (): Record<string, string> => {
  const active = currentTrace();
  return active === undefined ? {} : { [originHeader]: active, traceparent: active };
};

const currentTrace = (): string | undefined => {
  if (!trace.getSpanContext(context.active())) return undefined;
  const carrier: { traceparent?: string } = {};
  propagation.inject(context.active(), carrier);
  return carrier.traceparent;
};

/** The context of the trace that a record belongs to. */
export const traceOf = (headers: Record<string, string | Buffer | (string | Buffer)[] | undefined>): Context => {
  const header = headers[originHeader] ?? headers['traceparent'];
  const value = Array.isArray(header) ? header[0] : header;
  if (value === undefined) return context.active();
  return propagation.extract(context.active(), { traceparent: value.toString() });
};
