import { Document } from 'yaml';
import { services } from '../bundle.ts';
import { standardPorts } from '../local-ports.ts';
import type { Values } from '../values.ts';
import { after, compact, healthcheck, literal, password, published, type ComposeServices } from './service.ts';

/** As in the charts that Chart.yaml depends on. */
const versions = { prometheus: 'v3.14.0', grafana: '13.2.0', jaeger: '2.19.0', loki: '3.7.6' };

/** The labels that the dashboards ask for, which a cluster gives by itself. */
const namespace = { target_label: 'namespace', replacement: 'idempo' };

/** Metrics of the containers, and of services that run on the host. */
const prometheusConfig = (values: Values) => ({
  global: { scrape_interval: '10s', scrape_timeout: '5s', evaluation_interval: '10s' },
  scrape_configs: [
    {
      job_name: 'containers',
      dns_sd_configs: [
        { type: 'A', port: 9100, refresh_interval: '10s', names: services.map((name) => values[name].workload) },
      ],
      relabel_configs: [
        { source_labels: ['__meta_dns_name'], target_label: 'app_kubernetes_io_name' },
        { source_labels: ['__address__'], target_label: 'pod' },
        namespace,
      ],
    },
    {
      job_name: 'host',
      static_configs: services.map((name, place) => ({
        targets: [`host.docker.internal:${standardPorts.metrics + place}`],
        labels: { app_kubernetes_io_name: values[name].workload },
      })),
      relabel_configs: [{ source_labels: ['__address__'], target_label: 'pod' }, namespace],
    },
  ],
});

const datasource = (name: string, url: string) => {
  const type = name.toLowerCase();
  return { name, uid: type, type, access: 'proxy', url, isDefault: type === 'prometheus' };
};
const datasources = {
  apiVersion: 1,
  datasources: [
    datasource('Prometheus', 'http://prometheus:9090'),
    datasource('Loki', 'http://loki:3100'),
    datasource('Jaeger', 'http://jaeger:16686'),
  ],
};
const dashboards = {
  apiVersion: 1,
  providers: [{ name: 'idempo', type: 'file', allowUiUpdates: true, options: { path: '/var/lib/grafana/dashboards' } }],
};

/** Files of the containers, as the Compose file has them in `configs`. */
export const monitoringFiles = (values: Values): Record<string, { content: string }> => {
  const file = (content: object) => ({
    content: literal(compact(new Document(content, { aliasDuplicateObjects: false }))),
  });
  return { prometheus: file(prometheusConfig(values)), datasources: file(datasources), dashboards: file(dashboards) };
};

/** Prometheus, Grafana with the chart's dashboards, Jaeger and Loki. */
export const monitoring = (): ComposeServices => ({
  prometheus: {
    image: `prom/prometheus:${versions.prometheus}`,
    ports: [published('prometheus', 9090)],
    extra_hosts: ['host.docker.internal:host-gateway'],
    volumes: ['prometheus:/prometheus'],
    configs: [{ source: 'prometheus', target: '/etc/prometheus/prometheus.yml' }],
    healthcheck: healthcheck('wget', '--quiet', '--spider', 'http://127.0.0.1:9090/-/ready'),
    restart: 'unless-stopped',
  },
  grafana: {
    image: `grafana/grafana:${versions.grafana}`,
    environment: {
      GF_SECURITY_ADMIN_PASSWORD: password,
      GF_AUTH_ANONYMOUS_ENABLED: 'true',
      GF_ANALYTICS_REPORTING_ENABLED: 'false',
      GF_ANALYTICS_CHECK_FOR_UPDATES: 'false',
      GF_ANALYTICS_CHECK_FOR_PLUGIN_UPDATES: 'false',
    },
    ports: [published('grafana', 3000)],
    volumes: ['./charts/monitoring/dashboards:/var/lib/grafana/dashboards:ro'],
    configs: [
      { source: 'datasources', target: '/etc/grafana/provisioning/datasources/idempo.yaml' },
      { source: 'dashboards', target: '/etc/grafana/provisioning/dashboards/idempo.yaml' },
    ],
    // The last to start: so `up -d` comes back when topics and databases are there, and `--wait` takes the end of what makes them for success.
    depends_on: after({ topics: 'completed', databases: 'completed' }),
    healthcheck: healthcheck('wget', '--quiet', '--spider', 'http://127.0.0.1:3000/api/health'),
    restart: 'unless-stopped',
  },
  // These two images have nothing to ask them with.
  jaeger: {
    image: `jaegertracing/jaeger:${versions.jaeger}`,
    ports: [published('jaeger', 16686), published('otlp', 4318)],
    restart: 'unless-stopped',
  },
  loki: {
    image: `grafana/loki:${versions.loki}`,
    ports: [published('loki', 3100)],
    volumes: ['loki:/loki'],
    restart: 'unless-stopped',
  },
});
