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
export const traceOf = (headers: RecordHeaders): Context => {
  const traceparent = originOf(headers);
  return traceparent === undefined ? context.active() : propagation.extract(context.active(), { traceparent });
};

/** The id of the trace that a record belongs to. */
export const traceIdOf = (headers: RecordHeaders): string | undefined =>
  /^[0-9a-f]{2}-([0-9a-f]{32})-/.exec(originOf(headers) ?? '')?.[1];

/** The headers for what a record causes: it belongs to the record's trace, whatever batch both are in. */
export const causedBy = (headers: RecordHeaders = {}): Record<string, string> => {
  const origin = originOf(headers);
  return origin === undefined ? {} : { [originHeader]: origin, traceparent: origin };
};

type RecordHeaders = Record<string, string | Buffer | (string | Buffer)[] | undefined>;

const originOf = (headers: RecordHeaders): string | undefined => {
  const header = headers[originHeader] ?? headers['traceparent'];
  return (Array.isArray(header) ? header[0] : header)?.toString();
};
