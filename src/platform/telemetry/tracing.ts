import { getNodeAutoInstrumentations } from '@opentelemetry/auto-instrumentations-node';
import { NodeSDK } from '@opentelemetry/sdk-node';
// Not exported by name: what the environment asks for, which our own processor must not replace.
import { getSpanProcessorsFromEnv } from '@opentelemetry/sdk-node/build/src/utils.js';
import type { Message } from 'kafkajs';
import { attributesIn, beforeExit } from './subject.ts';

/**
 * The preload `telemetry.cjs`: required before anything else when OTEL_EXPORTER_OTLP_ENDPOINT is set, because packages
 * are instrumented as they are loaded. All else is OpenTelemetry's own environment (OTEL_SERVICE_NAME, OTEL_TRACES_SAMPLER …).
 */
const sdk = new NodeSDK({
  spanProcessors: [
    {
      onStart: (span, where) => {
        span.setAttributes(attributesIn(where));
      },
      onEnd: () => undefined,
      forceFlush: () => Promise.resolve(),
      shutdown: () => Promise.resolve(),
    },
    ...getSpanProcessorsFromEnv(undefined),
  ],
  instrumentations: [
    getNodeAutoInstrumentations({
      // A span for each file or lookup says nothing about a request.
      '@opentelemetry/instrumentation-fs': { enabled: false },
      '@opentelemetry/instrumentation-dns': { enabled: false },
      '@opentelemetry/instrumentation-net': { enabled: false },
      '@opentelemetry/instrumentation-kafkajs': {
        // The relay sends records of many traces in one request; each keeps the trace that it began in.
        producerHook: (_span, { message }: { message: Message }) => {
          const origin = message.headers?.['origin-traceparent'];
          if (message.headers && origin !== undefined) message.headers['traceparent'] = origin;
        },
      },
    }),
  ],
});
sdk.start();
// The service ends by process.exit, and asks for this before.
process.once(beforeExit, (done: () => void) => void sdk.shutdown().then(done, done));
