import { collectDefaultMetrics, Counter, Gauge, Histogram, register } from 'prom-client';

/** Every metric of operations.md, under the names that dashboards and alerts know. Labels stay bounded. */
export const metrics = {
  httpRequestDuration: new Histogram({
    name: 'http_request_duration_seconds',
    help: 'From the request to the end of the answer',
    labelNames: ['method', 'route', 'status'] as const,
    buckets: [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5],
  }),
  consumerLag: new Gauge({
    name: 'kafka_consumer_lag',
    help: 'Records of the share of this replica that are not yet handled',
    labelNames: ['topic', 'consumer_group'] as const,
  }),
  eventProcessing: new Histogram({
    name: 'event_processing_duration_seconds',
    help: 'From a batch being taken up to its effects being durable, once for each event',
    labelNames: ['event_type', 'service'] as const,
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5],
  }),
  retries: new Counter({
    name: 'retry_count_total',
    help: 'Tries after the first',
    labelNames: ['service', 'target'] as const,
  }),
  deadLetters: new Counter({
    name: 'dlq_message_count_total',
    help: 'Records given up and sent to the dead letter queue of their topic',
    labelNames: ['topic'] as const,
  }),
  deadLettersWaiting: new Gauge({
    name: 'dlq_messages_waiting',
    help: 'Dead letters about which nobody has decided yet',
    labelNames: ['topic'] as const,
  }),
  deadLettersOldest: new Gauge({
    name: 'dlq_oldest_waiting_seconds',
    help: 'How long the oldest dead letter waits for a decision; 0 when none does',
    labelNames: ['topic'] as const,
  }),
  skippedEvents: new Counter({
    name: 'skipped_event_count_total',
    help: 'Events of a type that this version does not know',
    labelNames: ['topic', 'service'] as const,
  }),
  idempotencyHits: new Counter({
    name: 'idempotency_hit_total',
    help: 'Repeated requests and events that had no second effect',
    labelNames: ['service', 'key_type'] as const,
  }),
  outboxAge: new Gauge({
    name: 'outbox_oldest_unpublished_seconds',
    help: 'Age of the oldest event that is not yet published; 0 when there is none',
    labelNames: ['service'] as const,
  }),
  databaseReads: new Counter({
    name: 'database_reads_total',
    help: 'Readings of history and to browse, by the server that answered: a standby or the primary',
    labelNames: ['service', 'server'] as const,
  }),
  breakerState: new Gauge({
    name: 'circuit_breaker_state',
    help: '1 for the state that the breaker between this replica and a target is in, 0 for the others',
    labelNames: ['service', 'target', 'state'] as const,
  }),
  sagaDuration: new Histogram({
    name: 'saga_duration_seconds',
    help: 'From the request to the end of a saga',
    labelNames: ['saga_type', 'outcome'] as const,
    buckets: [0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 60, 300],
  }),
  sagaTransitions: new Counter({
    name: 'saga_transitions_total',
    help: 'Sagas that entered a state',
    labelNames: ['saga_type', 'state'] as const,
  }),
  tradesInFlight: new Gauge({
    name: 'trades_in_flight',
    help: 'Trades that are neither completed nor failed, by state, on all replicas together',
    labelNames: ['state'] as const,
  }),
  stampsSpent: new Counter({ name: 'stamp_spend_total', help: 'Stamps taken for sealed actions that took effect' }),
  holdsInFlight: new Gauge({
    name: 'holds_in_flight',
    help: 'Money held for trades (funds) and stamps held for actions (stamps), on all replicas together',
    labelNames: ['kind'] as const,
  }),
  certificateExpiry: new Gauge({
    name: 'certificate_expiry_timestamp_seconds',
    help: 'When the first certificate ends of the chain that a target showed last, its CA included',
    labelNames: ['target'] as const,
  }),
  connectedPlayers: new Gauge({ name: 'connected_players', help: 'Live connections of this replica' }),
  actionRoundTrip: new Histogram({
    name: 'action_round_trip_seconds',
    help: 'From the intake of an action to its authoritative outcome',
    labelNames: ['outcome'] as const,
    buckets: [0.005, 0.01, 0.02, 0.04, 0.06, 0.1, 0.2, 0.5, 1, 2, 5],
  }),
  matchesEnded: new Counter({
    name: 'matches_ended_total',
    help: 'Matches by how they ended',
    labelNames: ['how'] as const,
  }),
};

collectDefaultMetrics();
export const metricsRegistry = register;
