import { setTimeout as sleep } from 'node:timers/promises';
import { context, createContextKey, ROOT_CONTEXT, SpanKind, trace, type Context, type Span } from '@opentelemetry/api';

/** What a span is about, as far as it is known. */
export type Subject = Partial<Record<keyof typeof attributes, string>>;
const attributes = {
  correlationId: 'idempo.correlation_id',
  matchId: 'idempo.match_id',
  playerId: 'idempo.player_id',
  tradeId: 'idempo.trade_id',
  actionId: 'idempo.action_id',
} as const;
const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** The ids among these fields; what is no UUID is left out, as it may come from anybody. */
export const subjectOf = (fields: object): Subject => {
  const given = new Map<string, unknown>(Object.entries(fields));
  const known = Object.keys(attributes).flatMap((name) => {
    const value = given.get(name);
    return typeof value === 'string' && uuid.test(value) ? [[name, value]] : [];
  });
  return Object.fromEntries(known) as Subject;
};

/** The key is the same in the services' bundles and in that of the telemetry. */
const key = createContextKey('idempo.subject');
/** The event of `process` by which a service that ends asks the telemetry to send what it holds; with a callback. */
export const beforeExit = 'idempo.exit';
const enabled = process.env['OTEL_EXPORTER_OTLP_ENDPOINT'] !== undefined;

/** The attributes of every span that begins in a context. */
export const attributesIn = (where: Context): Record<string, string> => {
  const subject = new Map<string, string>(Object.entries((where.getValue(key) ?? {}) as Subject));
  return Object.fromEntries(
    Object.entries(attributes).flatMap(([name, attribute]) => {
      const value = subject.get(name);
      return value === undefined ? [] : [[attribute, value]];
    }),
  );
};

/** Waits until all spans have been sent, for two seconds at most. */
export const flushSpans = async (): Promise<void> => {
  if (!enabled) return;
  const sent = new Promise<void>((resolve) => {
    const telemetry: NodeJS.EventEmitter = process;
    if (!telemetry.emit(beforeExit, resolve)) resolve();
  });
  await Promise.race([sent, sleep(2000)]);
};

/** Every span of this work, and the one that is active, says what it is about. Without tracing this does nothing. */
export const about = <T>(subject: () => Subject, work: () => T): T => {
  if (!enabled) return work();
  const inside = context.active().setValue(key, subject());
  trace.getSpan(inside)?.setAttributes(attributesIn(inside));
  return context.with(inside, work);
};

/** The work as a span of its own, for what no instrumentation sees begin: a message of a live connection. */
export const asSpan = async <T>(name: string, subject: Subject, work: () => Promise<T>): Promise<T> => {
  if (!enabled) return work();
  const inside = ROOT_CONTEXT.setValue(key, subject);
  const span = begin(name, inside, SpanKind.SERVER);
  try {
    return await context.with(trace.setSpan(inside, span), work);
  } finally {
    span.end();
  }
};

/** The handling of a batch: a span for each of its events in the event's own trace; the first has what is done for all. */
export const asSpans = async <T>(
  events: { name: string; parent: () => Context; subject: () => Subject }[],
  work: () => Promise<T>,
): Promise<T> => {
  if (!enabled) return work();
  const contexts = events.map(({ name, parent, subject }) => {
    const inside = parent().setValue(key, subject());
    return trace.setSpan(inside, begin(name, inside, SpanKind.CONSUMER));
  });
  try {
    return await context.with(contexts[0] ?? context.active(), work);
  } finally {
    for (const each of contexts) trace.getSpan(each)?.end();
  }
};

const begin = (name: string, parent: Context, kind: SpanKind): Span =>
  trace.getTracer('idempo').startSpan(name, { kind }, parent);
