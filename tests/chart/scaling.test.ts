import { describe, expect, test } from '@jest/globals';
import { ofKind, podsOf, render, type Manifest } from './chart.ts';

interface Trigger {
  type: string;
  metadata: Record<string, string>;
  authenticationRef?: { name: string };
}
interface Scaler {
  workload: string;
  /** Of the HorizontalPodAutoscaler: ours, or the one that KEDA makes. */
  hpa: string;
  min: number;
  max: number;
  /** What it scales by, with the target. */
  by: Record<string, string>;
  behavior: { scaleUp: { stabilizationWindowSeconds: number }; scaleDown: { stabilizationWindowSeconds: number } };
}

const targets: Record<string, string> = { cpu: 'value', prometheus: 'threshold', kafka: 'lagThreshold' };

const scalersOf = (objects: Manifest[]): Scaler[] =>
  objects.flatMap(({ kind, metadata, spec }) => {
    if (kind === 'HorizontalPodAutoscaler') {
      const hpa = spec as {
        scaleTargetRef: { name: string };
        minReplicas: number;
        maxReplicas: number;
        metrics: { resource: { name: string; target: { averageUtilization: number } } }[];
        behavior: Scaler['behavior'];
      };
      const by = hpa.metrics.map(({ resource: { name, target } }) => [name, String(target.averageUtilization)]);
      return {
        workload: hpa.scaleTargetRef.name,
        hpa: metadata.name,
        min: hpa.minReplicas,
        max: hpa.maxReplicas,
        by: Object.fromEntries(by) as Record<string, string>,
        behavior: hpa.behavior,
      };
    }
    if (kind !== 'ScaledObject') return [];
    const scaled = spec as {
      scaleTargetRef: { name: string };
      minReplicaCount: number;
      maxReplicaCount: number;
      advanced: { horizontalPodAutoscalerConfig: { name: string; behavior: Scaler['behavior'] } };
      triggers: Trigger[];
    };
    const by = scaled.triggers.map(({ type, metadata: values }) => [type, values[targets[type] ?? ''] ?? '']);
    const { name: hpa, behavior } = scaled.advanced.horizontalPodAutoscalerConfig;
    return {
      workload: scaled.scaleTargetRef.name,
      hpa,
      min: scaled.minReplicaCount,
      max: scaled.maxReplicaCount,
      by: Object.fromEntries(by) as Record<string, string>,
      behavior,
    };
  });

const ranges = {
  'api-gateway': [2, 8],
  'game-service': [2, 8],
  'combat-service': [2, 8],
  'reward-service': [1, 4],
  'wallet-service': [2, 6],
  'inventory-service': [1, 4],
  'marketplace-service': [2, 10],
  'leaderboard-service': [1, 4],
  'notification-service': [1, 4],
};
const cpu = { cpu: '70' };
const withKeda: Record<string, Record<string, string>> = {
  'api-gateway': { prometheus: '100' },
  'combat-service': { ...cpu, kafka: '500' },
  'marketplace-service': { ...cpu, prometheus: '50' },
};

const table = (by: (workload: string) => Record<string, string>) =>
  Object.entries(ranges)
    .map(([workload, [min, max]]) => ({ workload, min, max, by: by(workload) }))
    .toSorted((a, b) => a.workload.localeCompare(b.workload));
const rows = (objects: Manifest[]) =>
  scalersOf(objects)
    .map(({ workload, min, max, by }) => ({ workload, min, max, by }))
    .toSorted((a, b) => a.workload.localeCompare(b.workload));

const triggersOf = (objects: Manifest[], workload: string): Trigger[] =>
  (ofKind(objects, 'ScaledObject').find(({ metadata }) => metadata.name === workload)?.spec as { triggers: Trigger[] })
    .triggers;
const authenticationOf = (objects: Manifest[], name: string | undefined) =>
  ofKind(objects, 'TriggerAuthentication').find(({ metadata }) => metadata.name === name)?.spec;

describe('the cloud values', () => {
  test('scale each service once, by what and between what is due', async () => {
    expect(rows(await render('cloud'))).toEqual(table((workload) => withKeda[workload] ?? cpu));
  });

  test('without KEDA scale the same services in the same bounds by CPU', async () => {
    const objects = await render('cloud', 'autoscaling.keda=false', 'operators.keda=false');
    expect(rows(objects)).toEqual(table(() => cpu));
    expect(objects.filter(({ apiVersion }) => apiVersion.startsWith('keda.sh'))).toEqual([]);
  });

  test('scale a service no longer by what an overlay takes away', async () => {
    const scaler = async (service: string, ...taken: string[]) =>
      rows(await render('cloud', ...taken.map((each) => `${service}.autoscaling.${each}=null`))).find(
        ({ workload }) => workload.replace(/^api-|-service$/g, '') === service,
      )?.by;
    expect(await scaler('gateway', 'requestsPerSecond')).toEqual(cpu);
    expect(await scaler('combat', 'lag')).toEqual(cpu);
    expect(await scaler('combat', 'cpu')).toEqual({ kafka: '500' });
    expect(await scaler('marketplace', 'requestsPerSecond', 'cpu')).toEqual(cpu);
  });

  test.each(Object.keys(ranges))('give %s a fixed number of pods where an overlay says so', async (workload) => {
    const service = workload.replace(/^api-|-service$/g, '');
    const objects = await render('cloud', `${service}.autoscaling=null`, `${service}.replicas=3`);
    expect(rows(objects).map((row) => row.workload)).not.toContain(workload);
    expect(ofKind(objects, 'Deployment').find(({ metadata }) => metadata.name === workload)?.spec).toMatchObject({
      replicas: 3,
    });
    expect(ofKind(objects, 'PodDisruptionBudget').map(({ metadata }) => metadata.name)).toContain(workload);
  });

  test('name the autoscaler of the marketplace marketplace-hpa', async () => {
    const [marketplace] = scalersOf(await render('cloud')).filter(({ workload }) => workload === 'marketplace-service');
    expect(marketplace?.hpa).toBe('marketplace-hpa');
  });

  test('scale out at once and in slowly', async () => {
    for (const { behavior } of scalersOf(await render('cloud'))) {
      expect(behavior.scaleUp.stabilizationWindowSeconds).toBe(0);
      expect(behavior).toMatchObject({
        scaleDown: { stabilizationWindowSeconds: 300, policies: [{ type: 'Pods', value: 1, periodSeconds: 60 }] },
      });
    }
  });

  test('scale in as slowly as autoscaling.scaleDown says, with KEDA and without', async () => {
    const slowly = 'autoscaling.scaleDown={"stabilizationSeconds":30,"periodSeconds":10}';
    const scalers = scalersOf(await render('cloud', slowly));
    expect(scalers).toHaveLength(9);
    for (const { behavior } of scalers)
      expect(behavior.scaleDown).toMatchObject({
        stabilizationWindowSeconds: 30,
        policies: [{ type: 'Pods', value: 1, periodSeconds: 10 }],
      });
  });

  test('never scale in because a source is away, or has nothing to say', async () => {
    const objects = await render('cloud');
    const scaled = ofKind(objects, 'ScaledObject');
    expect(scaled).toHaveLength(3);
    for (const { spec } of scaled) {
      const { minReplicaCount } = spec as { minReplicaCount: number };
      expect(spec?.['fallback']).toEqual({
        failureThreshold: 3,
        replicas: minReplicaCount,
        behavior: 'currentReplicasIfHigher',
      });
    }
    for (const workload of ['api-gateway', 'marketplace-service']) {
      const requests = triggersOf(objects, workload).find(({ type }) => type === 'prometheus');
      expect(requests?.metadata['ignoreNullValues']).toBe('false');
    }
  });

  test('leave the number of pods to the autoscaler', async () => {
    const objects = await render('cloud');
    const scaled = new Set(scalersOf(objects).map(({ workload }) => workload));
    for (const { metadata, spec } of ofKind(objects, 'Deployment'))
      expect([metadata.name, spec?.['replicas'] === undefined]).toEqual([metadata.name, scaled.has(metadata.name)]);
  });
});

test('the local values scale nothing', async () => {
  expect(scalersOf(await render('local'))).toEqual([]);
});

test("requests per second are counted for the service's own pods, by the labels that scraping gives them", async () => {
  const [requests] = triggersOf(await render('cloud', 'global.namespaces.services=arena'), 'api-gateway');
  const pods = '{namespace="arena",app_kubernetes_io_name="api-gateway"}';
  expect(requests?.metadata['query']).toContain(`sum(rate(http_request_duration_seconds_count${pods}[1m]))`);
  expect(requests?.metadata['serverAddress']).toBe('http://prometheus.monitoring.svc:9090');
  const pod = podsOf(await render('cloud')).find(({ name }) => name === 'api-gateway');
  expect(pod?.labels).toMatchObject({ 'app.kubernetes.io/name': 'api-gateway' });
  expect(pod?.annotations).toMatchObject({ 'prometheus.io/scrape': 'true', 'prometheus.io/port': '9100' });
});

test.each([
  ['bearer', ['bearerToken']],
  ['basic', ['username', 'password']],
])("one's own Prometheus is asked with %s sign-in", async (auth, parameters) => {
  const external = { address: 'https://prometheus.example.com/', auth, existingSecret: 'prometheus' };
  const objects = await render('cloud', `monitoring.prometheus=${JSON.stringify({ deploy: false, external })}`);
  const [requests] = triggersOf(objects, 'marketplace-service');
  expect(requests).toMatchObject({
    metadata: { serverAddress: 'https://prometheus.example.com', authModes: auth },
    authenticationRef: { name: 'idempo-prometheus' },
  });
  expect(authenticationOf(objects, 'idempo-prometheus')).toEqual({
    secretTargetRef: parameters.map((parameter) => ({ parameter, name: 'prometheus', key: parameter })),
  });
});

test("lag is asked of the service's Kafka, group and topics, as its own user, which may see no more", async () => {
  const objects = await render('cloud', 'kafka.users.combat.existingSecret=mine');
  const [lag] = triggersOf(objects, 'combat-service');
  expect(lag).toMatchObject({
    metadata: {
      bootstrapServers: 'idempo-kafka-bootstrap.kafka.svc:9093',
      consumerGroup: 'combat',
      topic: 'player-actions',
      sasl: 'scram_sha512',
      tls: 'enable',
    },
    authenticationRef: { name: 'combat-service' },
  });
  expect(authenticationOf(objects, 'combat-service')).toEqual({
    env: [{ parameter: 'username', name: 'KAFKA_USERNAME', containerName: 'combat-service' }],
    secretTargetRef: [
      { parameter: 'password', name: 'combat-service-credentials', key: 'KAFKA_PASSWORD' },
      { parameter: 'ca', name: 'idempo-kafka-ca', key: 'ca.crt' },
    ],
  });
  const user = ofKind(objects, 'KafkaUser').find(({ metadata }) => metadata.name === 'combat');
  expect(user).toMatchObject({
    spec: {
      authorization: {
        acls: expect.arrayContaining([
          { resource: { type: 'topic', name: 'player-actions' }, operations: ['Read', 'Describe'] },
          { resource: { type: 'group', name: 'combat' }, operations: ['Read', 'Describe'] },
        ]) as unknown,
      },
    },
  });
});

test.each([
  ['SCRAM-SHA-512', 'scram_sha512'],
  ['SCRAM-SHA-256', 'scram_sha256'],
  ['PLAIN', 'plaintext'],
])("lag in one's own Kafka is asked over TLS, with sign-in by %s as the services have it", async (mechanism, sasl) => {
  const kafka = async (more: object) => {
    const external = { bootstrapServers: 'kafka.example.com:9094', tls: true, sasl: { mechanism }, ...more };
    return render('cloud', 'kafka.deploy=false', `kafka.external=${JSON.stringify(external)}`);
  };
  const objects = await kafka({ caSecret: 'kafka-ca' });
  const [lag] = triggersOf(objects, 'combat-service');
  expect(lag?.metadata).toMatchObject({ bootstrapServers: 'kafka.example.com:9094', sasl, tls: 'enable' });
  const told = podsOf(objects).find(({ name }) => name === 'combat-service')?.spec.containers[0]?.env;
  expect(told?.find(({ name }) => name === 'KAFKA_SASL_MECHANISM')?.value).toBe(mechanism);
  const references = (of: Manifest[]) => authenticationOf(of, 'combat-service')?.['secretTargetRef'];
  const password = { parameter: 'password', name: 'combat-service-credentials', key: 'KAFKA_PASSWORD' };
  expect(references(objects)).toEqual([password, { parameter: 'ca', name: 'kafka-ca', key: 'ca.crt' }]);
  // With a public CA nothing is to be trusted beside.
  expect(references(await kafka({}))).toEqual([password]);
});

test('lag is asked with and without TLS as kafka.tls says', async () => {
  const asked = async (tls: boolean) =>
    triggersOf(await render('cloud', `kafka.tls=${String(tls)}`), 'combat-service')[0]?.metadata;
  expect(await asked(true)).toMatchObject({ bootstrapServers: 'idempo-kafka-bootstrap.kafka.svc:9093', tls: 'enable' });
  expect(await asked(false)).toMatchObject({
    bootstrapServers: 'idempo-kafka-bootstrap.kafka.svc:9092',
    tls: 'disable',
  });
});

test('a ScaledObject may follow an autoscaler of ours, and take its place', async () => {
  const objects = await render('cloud');
  const names = ofKind(objects, 'ScaledObject').map(({ metadata }) => metadata.name);
  const keda = scalersOf(objects).filter(({ workload }) => names.includes(workload));
  const own = ofKind(await render('cloud', 'autoscaling.keda=false'), 'HorizontalPodAutoscaler');
  // One that is there under the name of the other could not be made.
  expect(own.map(({ metadata }) => metadata.name)).not.toEqual(expect.arrayContaining(keda.map(({ hpa }) => hpa)));
  for (const { metadata } of own)
    expect(metadata.annotations).toEqual({ 'validations.keda.sh/hpa-ownership': 'false' });
});

test('on uninstall ScaledObjects go while KEDA lives, also when the data is kept', async () => {
  const objects = await render('cloud');
  const plan = ofKind(objects, 'ConfigMap').find(({ metadata }) => metadata.name === 'idempo-cleanup')?.data?.[
    'plan.json'
  ];
  const { steps } = JSON.parse(plan ?? '{}') as { steps: { collections: { path: string }[]; force: boolean }[] };
  expect(steps.map(({ collections, force }) => [collections.map(({ path }) => path), force])).toEqual([
    [
      [
        '/apis/keda.sh/v1alpha1/namespaces/idempo/scaledobjects',
        '/apis/keda.sh/v1alpha1/namespaces/idempo/triggerauthentications',
      ],
      true,
    ],
  ]);
  const roles = ofKind(objects, 'Role').filter(({ metadata }) => metadata.name === 'idempo-cleanup');
  expect(roles.map(({ metadata, rules }) => [metadata.namespace, rules])).toEqual([
    [
      'idempo',
      [
        {
          apiGroups: ['keda.sh'],
          resources: ['scaledobjects', 'triggerauthentications'],
          verbs: ['list', 'delete', 'patch'],
        },
      ],
    ],
  ]);
});
