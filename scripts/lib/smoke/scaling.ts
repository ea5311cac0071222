import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expectNone, held, kubectl, kubectlWith, say, timed } from './cluster.ts';
import { first } from './images.ts';
import { Release, type Namespaces } from './release.ts';
import { underLoad } from './upgrade.ts';

const image = process.env['PROMETHEUS_IMAGE'] ?? 'prom/prometheus:v3.8.0';
/** Of every service. */
const managementPort = 9100;
/** Far below what a replica carries, so that a few players are enough; and in again while one waits. */
const scaling = {
  'operators.keda': true,
  'autoscaling.scaleDown': { stabilizationSeconds: 30, periodSeconds: 15 },
  'marketplace.autoscaling': { min: 2, max: 4, requestsPerSecond: 4 },
  'combat.autoscaling': { min: 2, max: 4, lag: 6 },
};
const load = { players: 24, actions: 120, reads: 40 };
const outWithinMs = 180_000;
const inWithinMs = 240_000;
const blindMs = 75_000;

/** A Prometheus of its own, as one that a cluster has. It asks DNS for the marketplace's pods, which every build of it can. */
const prometheus = ({ services, monitoring: namespace }: Namespaces) => {
  const labels = { 'app.kubernetes.io/name': 'prometheus' };
  const metadata = { name: 'prometheus', namespace, labels };
  const scraped = { 'app.kubernetes.io/name': 'marketplace-service' };
  const pods = { name: 'marketplace-pods', namespace: services, labels };
  const of = { namespace: services, app_kubernetes_io_name: 'marketplace-service' };
  const config = {
    global: { scrape_interval: '5s' },
    scrape_configs: [
      {
        job_name: 'marketplace',
        dns_sd_configs: [
          { names: [`${pods.name}.${services}.svc`], type: 'A', port: managementPort, refresh_interval: '5s' },
        ],
        relabel_configs: Object.entries(of).map(([target_label, replacement]) => ({ target_label, replacement })),
      },
    ],
  };
  const container = {
    name: 'prometheus',
    image,
    command: ['prometheus', '--config.file=/config/prometheus.yml', '--storage.tsdb.path=/data'],
    readinessProbe: { httpGet: { path: '/-/ready', port: 9090 }, periodSeconds: 2 },
    securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } },
    volumeMounts: [
      { name: 'config', mountPath: '/config' },
      { name: 'data', mountPath: '/data' },
    ],
  };
  return [
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: pods,
      spec: { clusterIP: 'None', selector: scraped, ports: [{ port: managementPort }] },
    },
    { apiVersion: 'v1', kind: 'ConfigMap', metadata, data: { 'prometheus.yml': JSON.stringify(config) } },
    { apiVersion: 'v1', kind: 'Service', metadata, spec: { selector: labels, ports: [{ port: 9090 }] } },
    {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata,
      spec: {
        selector: { matchLabels: labels },
        template: {
          metadata: { labels },
          spec: {
            automountServiceAccountToken: false,
            securityContext: { runAsNonRoot: true, runAsUser: 65534, seccompProfile: { type: 'RuntimeDefault' } },
            containers: [container],
            volumes: [
              { name: 'config', configMap: { name: 'prometheus' } },
              { name: 'data', emptyDir: {} },
            ],
          },
        },
      },
    },
  ];
};

/** With the cluster's KEDA: requests and lag take services out and, when they are over, in; and nobody gets smaller because Prometheus cannot be asked. */
export const scaleOutAndIn = async (name: string, namespace: string): Promise<void> => {
  const values = Object.entries(scaling).flatMap(([key, value]) => ['--set-json', `${key}=${JSON.stringify(value)}`]);
  const release = new Release(name, namespace, { values });
  const { services, monitoring } = release.namespaces;
  const address = `monitoring.prometheus.external.address=http://prometheus.${monitoring}.svc:9090`;
  const replicas = async (service: string): Promise<number> =>
    Number(await kubectl('get', 'deployment', `${service}-service`, '-n', services, '-o', 'jsonpath={.spec.replicas}'));
  const untilReplicas = async (service: string, what: string, fine: (count: number) => boolean, withinMs: number) => {
    const seconds = await timed(async () => {
      const latest = Date.now() + withinMs;
      for (;;) {
        const count = await replicas(service);
        if (fine(count)) return;
        if (Date.now() > latest)
          throw new Error(`${service} is not ${what} within ${withinMs / 1000} s: it has ${count}`);
        await sleep(2000);
      }
    });
    held(`${service} is ${what} after ${seconds.toFixed(0)} s, with ${await replicas(service)} replicas`);
  };
  const prometheusIs = async (count: 0 | 1) => {
    await kubectl('scale', 'deployment/prometheus', '-n', monitoring, `--replicas=${count}`);
    await kubectl('rollout', 'status', 'deployment/prometheus', '-n', monitoring, '--timeout=2m');
  };
  const objects = { apiVersion: 'v1', kind: 'List', items: prometheus(release.namespaces) };
  const apply = (verb: string, ...more: string[]) =>
    kubectlWith(JSON.stringify(objects), verb, '--filename', '-', ...more);
  try {
    await release.install(...first, '--set', address);
    await apply('apply');
    await prometheusIs(1);
    const began = await Promise.all(['marketplace', 'combat'].map(replicas));
    expectNone(
      'marketplace and combat begin with 2 replicas',
      began.filter((count) => count !== 2),
    );
    await underLoad(
      release,
      async () => {
        await Promise.all([
          untilReplicas('marketplace', 'larger', (count) => count > 2, outWithinMs),
          untilReplicas('combat', 'larger', (count) => count > 2, outWithinMs),
        ]);
        await prometheusIs(0);
      },
      load,
    );
    const before = await replicas('marketplace');
    await untilReplicas('combat', 'as small as before', (count) => count === 2, inWithinMs);
    await sleep(blindMs);
    expectNone(
      `for ${blindMs / 1000} s nobody asks the marketplace for anything, and Prometheus cannot tell: it keeps its ${before} replicas`,
      [await replicas('marketplace')].filter((count) => count < before || before === 2),
    );
    await prometheusIs(1);
    await untilReplicas('marketplace', 'as small as before', (count) => count === 2, inWithinMs);
  } catch (error) {
    say(await kubectl('get', 'scaledobjects,hpa', '--namespace', services));
    await describe(services);
    throw error;
  } finally {
    await apply('delete', '--ignore-not-found').finally(() => release.uninstall());
  }
};
