import { describe, expect, test } from '@jest/globals';
import { containersOf, ofKind, podsOf, render } from './chart.ts';

const day = 86_400_000;
/** The design's table: partitions, retention. */
const designed: Record<string, [partitions: number, retentionMs: number]> = {
  'player-actions': [12, 7 * day],
  'match-events': [12, 30 * day],
  'economy-events': [12, 30 * day],
  'leaderboard-events': [4, 3 * day],
};

describe.each([['local', 1, 1] as const, ['cloud', 3, 2] as const])('%s', (overlay, copies, inSync) => {
  test('every topic of the design is there as designed, each with its dead letter queue', async () => {
    const topics = ofKind(await render(overlay), 'KafkaTopic').map(
      ({ metadata, spec }) => [metadata.name, spec] as const,
    );
    const wanted = Object.entries(designed).flatMap(([name, [partitions, retention]]) => [
      [name, partitions, retention] as const,
      [`${name}.dlq`, 3, 14 * day] as const,
    ]);
    expect(topics.map(([name]) => name).toSorted()).toEqual(wanted.map(([name]) => name).toSorted());
    for (const [name, partitions, retention] of wanted) {
      expect(Object.fromEntries(topics)[name]).toMatchObject({
        partitions,
        replicas: copies,
        config: {
          'retention.ms': retention,
          'min.insync.replicas': inSync,
          ...(name.endsWith('.dlq') ? { 'max.message.bytes': 1_114_112 } : {}),
        },
      });
    }
  });

  test('topics are not made by writing to them', async () => {
    const [kafka] = ofKind(await render(overlay), 'Kafka');
    expect(kafka?.spec).toMatchObject({ kafka: { config: { 'auto.create.topics.enable': false } } });
  });
});

test('in the cloud controllers and brokers are apart, three each, over zones', async () => {
  const pools = ofKind(await render('cloud'), 'KafkaNodePool').map(
    ({ metadata, spec }) => [metadata.name, spec] as const,
  );
  expect(Object.fromEntries(pools)).toMatchObject({
    brokers: { replicas: 3, roles: ['broker'] },
    controllers: { replicas: 3, roles: ['controller'] },
  });
  for (const [, spec] of pools) {
    const zones = { topologyKey: 'topology.kubernetes.io/zone', whenUnsatisfiable: 'DoNotSchedule' };
    expect(spec).toMatchObject({ template: { pod: { topologySpreadConstraints: [zones] } } });
  }
  const [kafka] = ofKind(await render('cloud'), 'Kafka');
  expect(kafka?.spec).toMatchObject({ kafka: { rack: { topologyKey: 'topology.kubernetes.io/zone' } } });
});

test('in the cloud there is no way to the brokers but TLS, and every client trusts their CA and no other', async () => {
  const objects = await render('cloud');
  const [kafka] = ofKind(objects, 'Kafka');
  expect(kafka?.spec?.['kafka']).toMatchObject({
    listeners: [{ port: 9093, type: 'internal', tls: true, authentication: { type: 'scram-sha-512' } }],
  });
  const clients = podsOf(objects).filter((pod) =>
    containersOf(pod).some(({ env = [] }) => env.some(({ name }) => name === 'KAFKA_BROKERS')),
  );
  expect(clients.map(({ name }) => name).toSorted()).toEqual(
    Object.keys(flows)
      .map((user) => (user === 'dlq' ? 'dlq-admin' : `${user}-service`))
      .toSorted(),
  );
  for (const pod of clients) {
    for (const { env = [], volumeMounts = [] } of containersOf(pod)) {
      const told = Object.fromEntries(env.map(({ name, value }) => [name, value]));
      expect(told).toMatchObject({ KAFKA_BROKERS: 'idempo-kafka-bootstrap.kafka.svc:9093', KAFKA_TLS: 'true' });
      const file = told['KAFKA_TLS_CA_FILE'] ?? '';
      const mount = volumeMounts.find(({ mountPath }) => file === `${mountPath}/ca.crt`);
      expect(pod.spec.volumes).toContainEqual({
        name: mount?.name,
        secret: { secretName: 'idempo-kafka-ca', items: [{ key: 'ca.crt', path: 'ca.crt' }] },
      });
    }
  }
});

test('the CA that Strimzi makes reaches the services', async () => {
  const plan = ofKind(await render('cloud'), 'ConfigMap').find(
    ({ metadata }) => metadata.name === 'idempo-credentials',
  );
  const { credentials } = JSON.parse(plan?.data?.['plan.json'] ?? '{}') as { credentials: unknown };
  expect(credentials).toContainEqual({
    namespace: 'kafka',
    name: 'idempo-cluster-ca-cert',
    type: 'Opaque',
    brought: ['ca.crt'],
    copy: { namespace: 'idempo', name: 'idempo-kafka-ca' },
  });
});

test('no broker or controller leaves while another is away', async () => {
  const [kafka] = ofKind(await render('cloud'), 'Kafka');
  expect(kafka?.spec?.['kafka']).toMatchObject({ template: { podDisruptionBudget: { maxUnavailable: 1 } } });
});

test('every user has bounds in the cloud; one may have its own', async () => {
  const quotas = async (...set: string[]) =>
    Object.fromEntries(
      ofKind(await render('cloud', ...set), 'KafkaUser').map(({ metadata, spec }) => [metadata.name, spec?.['quotas']]),
    );
  const usual = { producerByteRate: 16 * 2 ** 20, consumerByteRate: 64 * 2 ** 20, requestPercentage: 200 };
  for (const of of Object.values(await quotas())) expect(of).toEqual(usual);
  const { dlq, game } = await quotas('kafka.users.dlq.quotas={"producerByteRate":"1Mi"}');
  expect(dlq).toEqual({ ...usual, producerByteRate: 2 ** 20 });
  expect(game).toEqual(usual);
  const { wallet } = await quotas('kafka.quotas.producerByteRate=null');
  expect(wallet).toEqual({ consumerByteRate: usual.consumerByteRate, requestPercentage: usual.requestPercentage });
  for (const of of Object.values(await quotas('kafka.quotas=null'))) expect(of).toBeUndefined();
});

test("a broker's setting is the overlay's own, be it 0 or false; null leaves the chart's", async () => {
  const [kafka] = ofKind(
    await render(
      'local',
      'kafka.config={"group.initial.rebalance.delay.ms":0,"auto.create.topics.enable":true,"unclean.leader.election.enable":false,"min.insync.replicas":null}',
    ),
    'Kafka',
  );
  const { config } = kafka?.spec?.['kafka'] as { config: Record<string, unknown> };
  expect(config).toMatchObject({
    'group.initial.rebalance.delay.ms': 0,
    'auto.create.topics.enable': true,
    'unclean.leader.election.enable': false,
    'min.insync.replicas': 1,
  });
});

test('Cruise Control and metrics come when they are asked for', async () => {
  const [plain] = ofKind(await render('cloud'), 'Kafka');
  expect(plain?.spec).not.toHaveProperty('cruiseControl');
  const [kafka] = ofKind(
    await render('cloud', 'kafka.cruiseControl.enabled=true', 'kafka.metrics.enabled=true'),
    'Kafka',
  );
  expect(kafka?.spec).toMatchObject({
    cruiseControl: { autoRebalance: [{ mode: 'add-brokers' }, { mode: 'remove-brokers' }] },
    kafka: { metricsConfig: { type: 'strimziMetricsReporter' } },
  });
});

interface Acl {
  resource: { type: string; name?: string };
  operations: string[];
}
const aclsOf = async (user: string): Promise<string[]> => {
  const found = ofKind(await render('local'), 'KafkaUser').find(({ metadata }) => metadata.name === user);
  const { acls } = found?.spec?.['authorization'] as { acls: Acl[] };
  return acls.flatMap(({ resource, operations }) =>
    operations
      .filter((each) => each !== 'Describe')
      .map((each) => `${each} ${resource.type} ${resource.name ?? ''}`.trim()),
  );
};

/** What each consumes and produces, by the design. */
const flows: Record<string, [reads: string[], writes: string[]]> = {
  game: [['match-events'], ['player-actions']],
  combat: [['player-actions'], ['match-events']],
  reward: [['match-events'], ['economy-events', 'leaderboard-events']],
  wallet: [['economy-events', 'match-events'], ['economy-events']],
  inventory: [['economy-events'], ['economy-events']],
  marketplace: [['economy-events'], ['economy-events']],
  leaderboard: [['leaderboard-events'], []],
  notification: [['economy-events', 'match-events'], []],
  // Replays what it reads.
  dlq: [Object.keys(designed).map((topic) => `${topic}.dlq`), Object.keys(designed)],
};

test.each(Object.entries(flows))('%s may do what it does, and no more', async (service, [reads, writes]) => {
  const letters = service === 'dlq' ? [] : reads.map((topic) => `${topic}.dlq`);
  expect((await aclsOf(service)).toSorted()).toEqual(
    [
      `Read group ${service}`,
      ...reads.map((topic) => `Read topic ${topic}`),
      ...[...writes, ...letters].map((topic) => `Write topic ${topic}`),
    ].toSorted(),
  );
});

test('nobody else has a user', async () => {
  const users = ofKind(await render('local'), 'KafkaUser').map(({ metadata }) => metadata.name);
  expect(users.toSorted()).toEqual(Object.keys(flows).toSorted());
});
