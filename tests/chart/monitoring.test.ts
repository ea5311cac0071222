import { describe, expect, test } from '@jest/globals';
import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { parse } from 'yaml';
import { dashboardFiles, dashboardsFolder } from '../../scripts/lib/dashboards/write.ts';
import { locatePromtool, need } from '../../scripts/lib/locate.ts';
import { metricsRegistry } from '../../src/platform/telemetry/metrics.ts';
import { helm, manifests, ofKind, podsOf, render, root, type Manifest } from './chart.ts';
import { mayReach, ours, outside, policiesOf, type Endpoint } from './network.ts';

interface Alert {
  alert: string;
  expr: string;
  labels: { severity: string };
  annotations: { summary: string; runbook_url?: string };
}
interface Recording {
  record: string;
  expr: string;
}
interface Rules {
  groups: { name: string; rules: (Alert | Recording)[] }[];
}
interface GrafanaDashboard {
  uid: string;
  title: string;
  panels: { id: number; title: string; targets: { expr: string }[] }[];
}

const rulesIn = (text: string) => (parse(text) as Rules).groups.flatMap((group) => group.rules);
const alertsIn = (text: string): Alert[] => rulesIn(text).filter((rule) => 'alert' in rule);
const rulesFiles = ['charts/monitoring/rules.yaml', 'charts/monitoring/backups.yaml'];
const [rulesText = '', backupsText = ''] = rulesFiles.map((file) => readFileSync(join(root, file), 'utf8'));
const rules = [rulesText, backupsText].flatMap(rulesIn);
const alerts = [rulesText, backupsText].flatMap(alertsIn);
const dashboards = [...dashboardFiles().values()].map((text) => JSON.parse(text) as GrafanaDashboard);
const named = (objects: Manifest[], kind: string, name: string) =>
  ofKind(objects, kind).find(({ metadata }) => metadata.name === name);

/** The metrics that a query is about: what is followed by labels, a range, or stands where no function or label does. */
const metricsIn = (query: string): string[] => [
  ...new Set(
    query.match(
      /\bnamespace:[a-z_]+:[a-z0-9_]+|\b[a-z][a-z0-9_]*(?=\{)|\b[a-z][a-z0-9_]*_(total|count|bucket|sum|seconds|lag)\b(?=\[|\)| )/g,
    ),
  ),
];

describe('dashboards and alerts', () => {
  test('are about metrics that there are', async () => {
    const registered = (await metricsRegistry.getMetricsAsJSON()).flatMap(({ name, type }) =>
      String(type) === 'histogram' ? [`${name}_bucket`, `${name}_count`, `${name}_sum`] : [name],
    );
    const recorded = rules.flatMap((rule) => ('record' in rule ? rule.record : []));
    const volumes = ['kubelet_volume_stats_available_bytes', 'kubelet_volume_stats_capacity_bytes'];
    const backups = [
      'cnpg_collector_up',
      'cnpg_pg_stat_archiver_seconds_since_last_archival',
      'barman_cloud_cloudnative_pg_io_last_available_backup_timestamp',
      'barman_cloud_cloudnative_pg_io_last_failed_backup_timestamp',
    ];
    const known = new Set(['up', ...volumes, ...backups, ...recorded, ...registered]);
    const queries = [...dashboards.flatMap(({ panels }) => panels.flatMap(({ targets }) => targets)), ...rules];
    for (const { expr } of queries) {
      const names = metricsIn(expr);
      expect([expr, names.length > 0]).toEqual([expr, true]);
      expect([expr, names.filter((name) => !known.has(name))]).toEqual([expr, []]);
    }
  });

  test('a metric that there is not is found', () => {
    expect(metricsIn('sum by (topic) (rate(no_such_count_total[5m]))')).toEqual(['no_such_count_total']);
    expect(metricsIn('max by (service) (outbox_age_seconds) > 60')).toEqual(['outbox_age_seconds']);
    expect(metricsIn('sum(missing{state="open"}) by (le)')).toEqual(['missing']);
  });

  test('the six dashboards are there, as scripts/lib/dashboards/write.ts writes them', () => {
    const files = dashboardFiles();
    expect([...files.keys()].toSorted()).toEqual([
      'circuit-breaker-timeline.json',
      'kafka-lag.json',
      'match-floor.json',
      'saga-funnel.json',
      'service-health.json',
      'stamp-economy.json',
    ]);
    expect(readdirSync(dashboardsFolder).toSorted()).toEqual([...files.keys()].toSorted());
    for (const [name, text] of files) expect(readFileSync(join(dashboardsFolder, name), 'utf8')).toBe(text);
  });

  test('no panel is there twice', () => {
    for (const { panels } of dashboards) {
      expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
      expect(new Set(panels.map(({ title }) => title)).size).toBe(panels.length);
    }
  });

  test('each alert says how bad it is, and where to read what to do', () => {
    const headings = readFileSync(join(root, 'docs/alerts.md'), 'utf8').match(/^## .*$/gm) ?? [];
    expect(headings).toEqual([...new Set(alerts.map(({ alert }) => `## ${alert}`))]);
    for (const { alert, labels, annotations } of alerts) {
      expect(['warning', 'critical']).toContain(labels.severity);
      expect(annotations.runbook_url).toBe(`docs/alerts.md#${alert.toLowerCase()}`);
    }
  });

  test('each alert fires when it should, and is silent when it should be', async () => {
    const promtool = need(locatePromtool(), 'promtool');
    const cases = 'tests/chart/alerts.yaml';
    await promisify(execFile)(promtool, ['check', 'rules', ...rulesFiles], { cwd: root });
    await promisify(execFile)(promtool, ['test', 'rules', cases], { cwd: root });
    const { tests } = parse(readFileSync(join(root, cases), 'utf8')) as {
      tests: { alert_rule_test: { alertname: string; exp_alerts?: unknown[] }[] }[];
    };
    const shown = new Map<string, number[]>();
    for (const { alertname, exp_alerts = [] } of tests.flatMap((one) => one.alert_rule_test))
      shown.set(alertname, [...(shown.get(alertname) ?? []), exp_alerts.length]);
    for (const { alert } of alerts) {
      expect([alert, shown.get(alert)?.some((count) => count > 0)]).toEqual([alert, true]);
      // The volumes that do not fill are beside those that do.
      expect([alert, shown.get(alert)?.includes(0) || alert === 'IdempoVolumeFills']).toEqual([alert, true]);
    }
  });
});

const all = ['prometheus', 'grafana', 'jaeger', 'loki'].map((each) => `monitoring.${each}.deploy=true`);

describe('with Prometheus, Grafana, Jaeger and Loki', () => {
  test('Prometheus scrapes what the pods of the services say, and the stores, in the namespaces that they are in', async () => {
    const objects = await render('local', ...all, 'global.namespaces.services=arena');
    const config = named(objects, 'ConfigMap', 'idempo-prometheus')?.data ?? {};
    const prometheus = parse(config['prometheus.yml'] ?? '') as {
      rule_files: string[];
      scrape_configs: { job_name: string; kubernetes_sd_configs?: { namespaces: { names: string[] } }[] }[];
    };
    const job = prometheus.scrape_configs.find(({ job_name }) => job_name === 'idempo');
    expect(job?.kubernetes_sd_configs?.[0]?.namespaces.names).toEqual(['arena', 'kafka', 'databases']);
    expect(prometheus.rule_files).toEqual(['/etc/config/rules.yml']);
    const given = alertsIn(config['rules.yml'] ?? '');
    expect(given.map(({ alert }) => alert)).toEqual(alertsIn(rulesText).map(({ alert }) => alert));
    for (const { expr, annotations } of given) {
      expect(expr).not.toContain('"idempo');
      expect(Object.keys(annotations)).toEqual(['summary']);
    }
    expect(given.find(({ alert }) => alert === 'IdempoDown')?.expr).toContain('namespace="arena"');
    expect(given.find(({ alert }) => alert === 'IdempoVolumeFills')?.expr).toContain(
      'namespace=~"arena|kafka|databases|monitoring"',
    );
  });

  test('kubelets are asked how full the volumes are when the values say so, which takes a ClusterRole', async () => {
    const asked = async (...set: string[]) => {
      const objects = await render('local', ...all, ...set);
      const config = named(objects, 'ConfigMap', 'idempo-prometheus')?.data?.['prometheus.yml'] ?? '';
      const { scrape_configs } = parse(config) as { scrape_configs: { job_name: string }[] };
      return [
        scrape_configs.map(({ job_name }) => job_name),
        ofKind(objects, 'ClusterRole').map(({ rules: of }) => of),
      ];
    };
    expect(await asked()).toEqual([['prometheus', 'idempo'], []]);
    expect(await asked('monitoring.prometheus.volumes=true')).toEqual([
      ['prometheus', 'idempo', 'volumes'],
      [
        [
          { apiGroups: [''], resources: ['nodes'], verbs: ['get', 'list', 'watch'] },
          { apiGroups: [''], resources: ['nodes/metrics'], verbs: ['get'] },
        ],
      ],
    ]);
  });

  test('runbooks are where the values say that they are published', async () => {
    const objects = await render('local', ...all, 'monitoring.runbookUrl=https://wiki.example.com/idempo');
    const config = named(objects, 'ConfigMap', 'idempo-prometheus')?.data ?? {};
    expect(alertsIn(config['rules.yml'] ?? '')[0]?.annotations.runbook_url).toBe(
      'https://wiki.example.com/idempo#idempodown',
    );
  });

  test('where there are backups, alerts watch them', async () => {
    const objects = await render(
      'local',
      ...all,
      'preflight.enabled=false',
      'global.namespaces.databases=stores',
      'databases.backup={"destinationPath":"s3://bucket/folder","maxAgeHours":170}',
      'monitoring.prometheusOperator.enabled=true',
    );
    const text = named(objects, 'ConfigMap', 'idempo-prometheus')?.data?.['rules.yml'] ?? '';
    expect(alertsIn(text).map(({ alert }) => alert)).toEqual(alerts.map(({ alert }) => alert));
    const missing = alertsIn(text).find(({ alert }) => alert === 'IdempoBackupMissing');
    expect(missing?.expr).toContain('{namespace="stores"} > time() - 170 * 3600');
    expect(named(objects, 'PrometheusRule', 'idempo')?.spec).toEqual(parse(text));
  });

  test('each pod with metrics says so, and no other', async () => {
    const deployments = podsOf(await render('local')).filter(({ kind }) => kind === 'Deployment');
    expect(deployments.length).toBeGreaterThan(10);
    for (const { name, annotations } of deployments)
      expect([name, annotations['prometheus.io/scrape']]).toEqual([name, name === 'web' ? undefined : 'true']);
  });

  test('Grafana knows where each is, has every dashboard, and a password of its own', async () => {
    const objects = await render('local', ...all);
    const { datasources } = parse(
      named(objects, 'ConfigMap', 'idempo-datasources')?.data?.['datasources.yaml'] ?? '',
    ) as { datasources: { name: string; url: string }[] };
    expect(Object.fromEntries(datasources.map(({ name, url }) => [name, url]))).toEqual({
      Prometheus: 'http://prometheus.monitoring.svc:9090',
      Loki: 'http://loki.monitoring.svc:3100',
      Jaeger: 'http://jaeger.default.svc:16686',
    });
    const files = named(objects, 'ConfigMap', 'idempo-dashboards')?.data ?? {};
    expect(Object.values(files).map((text) => JSON.parse(text) as unknown)).toEqual(
      dashboards.toSorted((a, b) => a.uid.localeCompare(b.uid)),
    );
    const plan = named(objects, 'ConfigMap', 'idempo-credentials')?.data?.['plan.json'] ?? '{}';
    expect((JSON.parse(plan) as { credentials: unknown[] }).credentials).toContainEqual({
      name: 'idempo-grafana',
      type: 'Opaque',
      fixed: { 'admin-user': 'admin' },
      generate: { 'admin-password': 'password' },
      copy: { namespace: 'monitoring', name: 'idempo-grafana', rolls: 'grafana' },
    });
  });

  test('the dashboards look for volumes in the namespaces of the installation', async () => {
    const objects = await render('local', ...all, 'global.namespaces.services=arena');
    const health = named(objects, 'ConfigMap', 'idempo-dashboards')?.data?.['service-health.json'] ?? '{}';
    const { panels } = JSON.parse(health) as GrafanaDashboard;
    expect(panels.find(({ title }) => title === 'Free share of the volumes')?.targets[0]?.expr).toContain(
      'namespace=~"arena|kafka|databases|monitoring"',
    );
  });

  test('the services send traces to Jaeger and logs to Loki', async () => {
    expect(telemetryOf(await render('local', ...all))).toEqual({
      OTEL_SERVICE_NAME: 'combat-service',
      OTEL_EXPORTER_OTLP_ENDPOINT: 'http://jaeger.default.svc:4318',
      OTEL_TRACES_EXPORTER: 'otlp',
      OTEL_TRACES_SAMPLER: 'parentbased_traceidratio',
      OTEL_TRACES_SAMPLER_ARG: '1',
      OTEL_LOGS_EXPORTER: 'otlp',
      OTEL_EXPORTER_OTLP_LOGS_ENDPOINT: 'http://loki.monitoring.svc:3100/otlp/v1/logs',
      OTEL_METRICS_EXPORTER: 'none',
    });
  });
});

const telemetryOf = (objects: Manifest[]) => {
  const env = podsOf(objects).find(({ name }) => name === 'combat-service')?.spec.containers[0]?.env ?? [];
  return Object.fromEntries(
    env.filter(({ name }) => name.startsWith('OTEL_')).map(({ name, value }) => [name, value] as const),
  );
};

test('the services reach Jaeger and Loki, and a collector by its port', async () => {
  const combat = (objects: Manifest[]) => ours(objects).find(({ name }) => name === 'combat-service') ?? outside;
  const reached = async (to: Endpoint, port: number, ...set: string[]) => {
    const objects = await render('local', ...set);
    return mayReach(policiesOf(objects), combat(objects), to, port);
  };
  const pod = (name: string, namespace: string) => ({
    name,
    pod: { namespace, labels: { 'app.kubernetes.io/name': name } },
  });
  expect(await reached(pod('jaeger', 'default'), 4318, ...all)).toBe(true);
  expect(await reached(pod('loki', 'monitoring'), 3100, ...all)).toBe(true);
  expect(await reached(pod('jaeger', 'default'), 4318)).toBe(false);
  expect(await reached(outside, 443, 'monitoring.jaeger.external.endpoint=https://collector.example.com')).toBe(true);
  expect(await reached(outside, 4318, 'monitoring.jaeger.external.endpoint=http://collector:4318')).toBe(true);
  expect(await reached(outside, 4318)).toBe(false);
});

test("traces go to one's own collector, and nothing else does", async () => {
  const endpoint = 'http://collector.tracing.svc:4318';
  expect(telemetryOf(await render('cloud', `monitoring.jaeger.external.endpoint=${endpoint}`))).toMatchObject({
    OTEL_EXPORTER_OTLP_ENDPOINT: endpoint,
    OTEL_TRACES_SAMPLER_ARG: '0.1',
    OTEL_LOGS_EXPORTER: 'none',
    OTEL_METRICS_EXPORTER: 'none',
  });
});

test('without any of them nothing is traced, and the local values bring none', async () => {
  const objects = await render('local');
  expect(telemetryOf(objects)).toEqual({});
  expect(objects.filter(({ metadata }) => metadata.namespace === 'monitoring')).toEqual([]);
});

describe('for the Prometheus operator', () => {
  const made = (objects: Manifest[]) =>
    objects.filter(({ apiVersion }) => apiVersion === 'monitoring.coreos.com/v1').map(({ kind }) => kind);

  test('nothing is made where the cluster does not know its kinds', async () => {
    expect(made(await render('cloud'))).toEqual([]);
  });

  test('what the cluster knows is made', async () => {
    const yaml = await helm('template', 'cloud', '--api-versions=monitoring.coreos.com/v1/PrometheusRule');
    expect(made(manifests(yaml))).toEqual(['PrometheusRule']);
  });

  test('the values decide when they say so', async () => {
    const objects = await render(
      'cloud',
      'monitoring.prometheusOperator={"enabled":true,"labels":{"release":"stack"}}',
    );
    expect(made(objects).toSorted()).toEqual(['PodMonitor', 'PodMonitor', 'PodMonitor', 'PrometheusRule']);
    for (const { apiVersion, metadata } of objects) {
      if (apiVersion === 'monitoring.coreos.com/v1') expect(metadata.labels).toMatchObject({ release: 'stack' });
    }
    const refused = await helm(
      'template',
      'cloud',
      'monitoring.prometheusOperator.enabled=false',
      '--api-versions=monitoring.coreos.com/v1/PrometheusRule',
    );
    expect(made(manifests(refused))).toEqual([]);
  });

  test('the services are scraped with the labels that scaling and dashboards ask for', async () => {
    const objects = await render('cloud', 'monitoring.prometheusOperator.enabled=true');
    expect(named(objects, 'PodMonitor', 'idempo-services')?.spec).toMatchObject({
      namespaceSelector: { matchNames: ['idempo'] },
      selector: {
        matchLabels: { 'app.kubernetes.io/part-of': 'idempo', 'app.kubernetes.io/instance': 'idempo' },
      },
      podTargetLabels: expect.arrayContaining(['app.kubernetes.io/name']) as unknown,
      podMetricsEndpoints: [{ port: 'management' }],
    });
    const combat = podsOf(objects).find(({ name }) => name === 'combat-service');
    expect(combat?.labels).toMatchObject({
      'app.kubernetes.io/part-of': 'idempo',
      'app.kubernetes.io/instance': 'idempo',
    });
  });
});
