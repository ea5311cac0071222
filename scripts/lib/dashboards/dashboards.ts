import type { Dashboard, Graph, Query, Unit } from './grafana.ts';

/** A metric of the services of one installation. */
const of = (metric: string, ...matchers: string[]): string =>
  `${metric}{${['namespace="$namespace"', ...matchers].join(',')}}`;
const rate = (metric: string, ...matchers: string[]): string => `rate(${of(metric, ...matchers)}[$__rate_interval])`;
const sum = (by: string, inner: string): string => `sum by (${by}) (${inner})`;
/** The time within which so many of the observations of a histogram are. */
const quantile = (share: number, histogram: string, by: string): string =>
  `histogram_quantile(${share}, ${sum(`le, ${by}`, rate(`${histogram}_bucket`))})`;

const graph = (title: string, unit: Unit, ...queries: Query[]): Graph => ({ title, unit, queries });
const query = (legend: string, expr: string): Query => ({ legend, expr });

const workload = 'app_kubernetes_io_name';
const server = 'http_request_duration_seconds';
/** Volumes are in all namespaces of the installation; the chart puts those of its values in place of these. */
const volumes = (what: string): string =>
  `kubelet_volume_stats_${what}_bytes{namespace=~"idempo|kafka|databases|monitoring"}`;

export const dashboards: Dashboard[] = [
  {
    name: 'service-health',
    title: 'Service Health',
    graphs: [
      graph('Requests', 'reqps', query(`{{${workload}}}`, sum(workload, rate(`${server}_count`)))),
      graph(
        'Requests that fail',
        'percentunit',
        query(
          `{{${workload}}}`,
          `${sum(workload, rate(`${server}_count`, 'status=~"5.."'))} / ${sum(workload, rate(`${server}_count`))}`,
        ),
      ),
      graph('Time to answer, 99 of 100', 's', query(`{{${workload}}}`, quantile(0.99, server, workload))),
      graph('Pods', 'short', query(`{{${workload}}}`, sum(workload, of('up', `${workload}!=""`)))),
      graph('CPUs', 'short', query(`{{${workload}}}`, sum(workload, rate('process_cpu_seconds_total')))),
      graph(
        'Slowest event loop, 99 of 100',
        's',
        query(`{{pod}}`, `max by (pod) (${of('nodejs_eventloop_lag_p99_seconds')})`),
      ),
      graph('Tries again', 'ops', query('{{service}} → {{target}}', sum('service, target', rate('retry_count_total')))),
      graph(
        'Repetitions without an effect',
        'ops',
        query('{{service}} {{key_type}}', sum('service, key_type', rate('idempotency_hit_total'))),
      ),
      graph(
        'Days until a certificate ends',
        'd',
        query(
          `{{target}}, as {{${workload}}} sees it`,
          `(min by (${workload}, target) (${of('certificate_expiry_timestamp_seconds')}) - time()) / 86400`,
        ),
      ),
      graph(
        'Free share of the volumes',
        'percentunit',
        query(
          '{{namespace}} {{persistentvolumeclaim}}',
          `max by (namespace, persistentvolumeclaim) (${volumes('available')} / ${volumes('capacity')})`,
        ),
      ),
    ],
  },
  {
    name: 'saga-funnel',
    title: 'Saga Funnel',
    graphs: [
      graph('Trades that enter a state', 'ops', query('{{state}}', sum('state', rate('saga_transitions_total')))),
      graph('Trades by outcome', 'ops', query('{{outcome}}', sum('outcome', rate('saga_duration_seconds_count')))),
      graph(
        'Time from start to end',
        's',
        query('50 of 100, {{outcome}}', quantile(0.5, 'saga_duration_seconds', 'outcome')),
        query('95 of 100, {{outcome}}', quantile(0.95, 'saga_duration_seconds', 'outcome')),
      ),
      graph('Trades under way', 'short', query('{{state}}', `max by (state) (${of('trades_in_flight')})`)),
      graph(
        'Steps asked again',
        'ops',
        query('{{target}}', sum('target', rate('retry_count_total', 'service="marketplace"'))),
      ),
    ],
  },
  {
    name: 'kafka-lag',
    title: 'Kafka Lag',
    graphs: [
      graph(
        'Records that wait',
        'short',
        query('{{consumer_group}} {{topic}}', sum('consumer_group, topic', of('kafka_consumer_lag'))),
      ),
      graph(
        'Events handled',
        'ops',
        query('{{service}}', sum('service', rate('event_processing_duration_seconds_count'))),
      ),
      graph(
        'Time to handle, 99 of 100',
        's',
        query('{{service}}', quantile(0.99, 'event_processing_duration_seconds', 'service')),
      ),
      graph(
        'Oldest event not yet published',
        's',
        query('{{service}}', `max by (service) (${of('outbox_oldest_unpublished_seconds')})`),
      ),
      graph('Records given up', 'ops', query('{{topic}}', sum('topic', rate('dlq_message_count_total')))),
      graph('Dead letters that wait', 'short', query('{{topic}}', `max by (topic) (${of('dlq_messages_waiting')})`)),
    ],
  },
  {
    name: 'circuit-breaker-timeline',
    title: 'Circuit Breaker Timeline',
    graphs: [
      graph(
        'Replicas whose breaker is open',
        'short',
        query('{{service}} → {{target}}', sum('service, target', of('circuit_breaker_state', 'state="open"'))),
      ),
      graph(
        'Replicas whose breaker tries again',
        'short',
        query('{{service}} → {{target}}', sum('service, target', of('circuit_breaker_state', 'state="half_open"'))),
      ),
      graph(
        'Requests refused or failed',
        'reqps',
        query(`{{${workload}}} {{status}}`, sum(`${workload}, status`, rate(`${server}_count`, 'status=~"5.."'))),
      ),
    ],
  },
  {
    name: 'stamp-economy',
    title: 'Stamp Economy',
    graphs: [
      graph('Stamps spent', 'ops', query('stamps', `sum(${rate('stamp_spend_total')})`)),
      graph('Held for trades and actions', 'short', query('{{kind}}', `max by (kind) (${of('holds_in_flight')})`)),
      graph(
        'Repetitions that cost nothing',
        'ops',
        query('{{key_type}}', sum('key_type', rate('idempotency_hit_total', 'service="wallet"'))),
      ),
    ],
  },
  {
    name: 'match-floor',
    title: 'Match Floor',
    graphs: [
      graph('Live connections', 'short', query(`{{${workload}}}`, sum(workload, of('connected_players')))),
      graph('Matches ended', 'ops', query('{{how}}', sum('how', rate('matches_ended_total')))),
      graph('Actions', 'ops', query('{{outcome}}', sum('outcome', rate('action_round_trip_seconds_count')))),
      graph(
        'From an action to its outcome',
        's',
        query('50 of 100', quantile(0.5, 'action_round_trip_seconds', 'namespace')),
        query('99 of 100', quantile(0.99, 'action_round_trip_seconds', 'namespace')),
      ),
    ],
  },
];
