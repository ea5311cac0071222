import { describe, expect, test } from '@jest/globals';
import { exceptions, rules } from './policy.ts';
import { render, type Manifest, type Overlay } from './chart.ts';

const variants: Record<string, [overlay: Overlay, ...set: string[]]> = {
  local: ['local'],
  cloud: ['cloud'],
  eks: ['eks'],
  'gke, with GitOps': ['gke', 'preflight.enabled=false', 'monitoring.prometheusOperator.enabled=true'],
  'cloud without KEDA, with Cruise Control': [
    'cloud',
    'autoscaling.keda=false',
    'operators.keda=false',
    'kafka.cruiseControl.enabled=true',
  ],
  'stores of others, set up by a Job': [
    'cloud',
    'kafka.deploy=false',
    'kafka.external={"bootstrapServers":"k:9092","manage":"job","adminSecret":"k"}',
    'redis.deploy=false',
    'redis.external.nodes=r:6379',
    ...['game', 'wallet', 'marketplace', 'inventory'].map(
      (key) =>
        `databases.${key}={"deploy":false,"external":{"host":"d","port":5432,"readHost":"","caSecret":"","manage":"job","adminSecret":"d"}}`,
    ),
  ],
};

const excepted = (rule: string, what: string) =>
  exceptions.filter((each) => each.rule === rule && each.what.test(what));

describe.each(Object.entries(variants))('%s', (_, [overlay, ...set]) => {
  test.each(rules)('$name: $why', async ({ name, broken }) => {
    const wrong = broken(await render(overlay, ...set));
    expect(wrong.filter((what) => excepted(name, what).length === 0)).toEqual([]);
  });
});

test('every exception has a reason, and is needed', async () => {
  const objects = (await Promise.all(Object.values(variants).map((variant) => render(...variant)))).flat();
  const broken = rules.flatMap((rule) => rule.broken(objects).map((what) => ({ rule: rule.name, what })));
  for (const { rule, what, reason } of exceptions) {
    expect(reason.length).toBeGreaterThan(30);
    expect(broken.filter((each) => each.rule === rule && what.test(each.what))).not.toEqual([]);
  }
});

/** What breaks a rule: an object of the cloud's rendering, changed. */
type Breaking = Record<string, [kind: string, change: (spec: Record<string, unknown>, object: Manifest) => void]>;
type Template = {
  spec: { containers: Record<string, unknown>[] } & Record<string, unknown>;
  metadata: { labels: object };
};
const template = (spec: Record<string, unknown>) => spec['template'] as Template;
const first = (spec: Record<string, unknown>) => template(spec).spec.containers[0] ?? {};
const breaking: Breaking = {
  image: ['Deployment', (spec) => (first(spec)['image'] = 'ghcr.io/idempo/web:latest')],
  resources: ['Deployment', (spec) => (first(spec)['resources'] = { requests: { cpu: 1, memory: 1 } })],
  probes: ['StatefulSet', (spec) => delete first(spec)['readinessProbe']],
  token: ['Deployment', (spec) => delete template(spec).spec['automountServiceAccountToken']],
  restricted: ['Deployment', (spec) => (template(spec).spec['volumes'] = [{ name: 'root', hostPath: { path: '/' } }])],
  'read-only root': ['Deployment', (spec) => (first(spec)['securityContext'] = {})],
  environment: ['Deployment', (spec) => (first(spec)['env'] = [{ name: 'A' }, { name: 'A' }])],
  'disruption budget': ['PodDisruptionBudget', (spec) => (spec['selector'] = { matchLabels: { no: 'pod' } })],
  replicas: ['Deployment', (spec) => (spec['replicas'] = spec['replicas'] === undefined ? 2 : undefined)],
  spread: ['StatefulSet', (spec) => delete template(spec).spec['topologySpreadConstraints']],
  history: ['Deployment', (spec) => delete spec['revisionHistoryLimit']],
  labels: ['ConfigMap', (_, { metadata }) => (metadata.labels = {})],
  namespace: ['ConfigMap', (_, { metadata }) => delete metadata.namespace],
  rights: ['Role', (_, object) => (object.rules = [{ resources: ['secrets'], verbs: ['watch'] }])],
  'network policy': [
    'Deployment',
    (spec) => (template(spec).metadata.labels = { 'app.kubernetes.io/name': 'unknown' }),
  ],
  'front door': ['Service', (spec) => (spec['type'] = 'LoadBalancer')],
  secrets: ['Deployment', (spec) => (first(spec)['env'] = [{ name: 'DATABASE_PASSWORD', value: 'x' }])],
};

test.each(rules)('$name is found broken', async ({ name, broken }) => {
  const objects = structuredClone(await render('cloud'));
  const [kind, change] = breaking[name] ?? [];
  const object = objects.find((each) => each.kind === kind);
  if (object === undefined || change === undefined) throw new Error(`say in this file how ${name} is broken`);
  change(object.spec ?? {}, object);
  expect(broken(objects).filter((what) => excepted(name, what).length === 0)).not.toEqual([]);
});
