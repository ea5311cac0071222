import { expect, test } from '@jest/globals';
import { rightsOf } from '../../src/dlq/stores/acls.ts';
import { parsePlan, type StoresPlan } from '../../src/dlq/stores/plan.ts';
import { readValues, topicsOf } from '../../scripts/lib/values.ts';
import { containersOf, ofKind, podsOf, render, type Manifest } from './chart.ts';
import { external, keys } from './external.ts';

const planOf = (objects: Manifest[]): StoresPlan => {
  const map = ofKind(objects, 'ConfigMap').find(({ metadata }) => metadata.name === 'idempo-stores');
  return parsePlan(map?.data?.['plan.json'] ?? '');
};
const jobOf = (objects: Manifest[]) => podsOf(objects).find(({ name }) => name.startsWith('idempo-stores-'));

test('with all stores external nothing of an operator is left, and each pod is told where they are and whom to trust', async () => {
  const objects = await render('cloud', ...external);
  expect(objects.filter(({ apiVersion }) => /strimzi|cnpg/.test(apiVersion))).toEqual([]);
  const game = podsOf(objects).find(({ name }) => name === 'game-service');
  const env = Object.fromEntries((game?.spec.containers[0]?.env ?? []).map(({ name, value }) => [name, value]));
  expect(env).toMatchObject({
    KAFKA_BROKERS: 'b-1.example.com:9096',
    KAFKA_TLS: 'true',
    KAFKA_TLS_CA_FILE: '/certificates/kafka/ca.crt',
    KAFKA_SASL_MECHANISM: 'SCRAM-SHA-256',
    DATABASE_HOST: 'game.example.com',
    DATABASE_LIFE: '1',
    DATABASE_TLS: 'verify-full',
    DATABASE_TLS_CA_FILE: '/certificates/database/ca.crt',
    REDIS_NODES: 'redis.example.com:6380',
    REDIS_MODE: 'cluster',
    REDIS_TLS: 'true',
    REDIS_TLS_CA_FILE: '/certificates/redis/ca.crt',
  });
  expect((game?.spec.volumes ?? []).flatMap(({ secret }) => secret?.secretName ?? [])).toEqual([
    'rds-ca',
    'kafka-ca',
    'redis-ca',
    'game-service-credentials',
  ]);
});

test('the Job makes what the values say: topics, users with the rights of the KafkaUsers, databases and roles', async () => {
  const { kafka, databases, redis } = planOf(await render('cloud', ...external));
  const values = readValues();
  expect(Object.keys(kafka?.topics ?? {}).toSorted()).toEqual(
    topicsOf(values)
      .map(({ name }) => name)
      .toSorted(),
  );
  expect(kafka?.topics['player-actions']).toEqual({
    partitions: 12,
    config: {
      'min.insync.replicas': '2',
      'retention.bytes': String(2 ** 31),
      'retention.ms': '604800000',
      'segment.bytes': String(2 ** 29),
    },
  });
  expect(kafka).toMatchObject({ manage: 'job', admin: true, replicas: 3 });
  expect(databases.map(({ key, manage }) => [key, manage])).toEqual(keys.map((key) => [key, 'job']));
  expect(databases.find(({ key }) => key === 'wallet')?.roles).toEqual({ owner: 'wallet_owner', wallet: 'wallet' });
  expect(redis?.env).toMatchObject({
    REDIS_NODES: 'redis.example.com:6380',
    REDIS_TLS: 'true',
    REDIS_TLS_CA_FILE: '/certificates/redis/ca.crt',
  });

  for (const { metadata, spec } of ofKind(await render('cloud'), 'KafkaUser')) {
    const { acls } = spec?.['authorization'] as {
      acls: { resource: { type: string; name: string }; operations: string[] }[];
    };
    const access = kafka?.users[metadata.name] ?? { reads: [], writes: [] };
    expect(rightsOf(metadata.name, access)).toEqual(
      acls.flatMap(({ resource, operations }) => operations.map((operation) => ({ ...resource, operation }))),
    );
  }
});

test('what the Job signs in with are Secrets, in files of its own; none is in its plan', async () => {
  const objects = await render('cloud', ...external);
  const job = jobOf(objects);
  const secrets = JSON.stringify(job?.spec.volumes);
  for (const name of ['kafka-admin', 'game-admin', 'idempo-stores-credentials'])
    expect(secrets).toContain(`"name":"${name}"`);
  // As the services have them by now, and not as they will be.
  for (const file of ['kafka/game/password', 'database/wallet/owner/password', 'redis/password'])
    expect(secrets).toContain(`{"key":"${file.replaceAll('/', '.')}","path":"${file}"}`);
  expect(job && containersOf(job)).toMatchObject([{ args: ['node', 'main.cjs', 'prepare-stores'] }]);
  expect(job?.spec.containers[0]?.env?.map(({ valueFrom }) => valueFrom)).toEqual([undefined, undefined]);
});

test('without external stores there is no such Job', async () => {
  expect(jobOf(await render('cloud'))).toBeUndefined();
});

test.each([
  ['dlq.image.tag=next'],
  ['dlq.image.pullPolicy=Always'],
  ['game.image.tag=next'],
  ['gateway.image.tag=next'],
  [
    'global.imagePullSecrets=["pull"]',
    ...['keda', 'prometheus'].map((of) => `${of}.imagePullSecrets=[{"name":"pull"}]`),
  ],
  ['redis.external.caSecret=other-ca'],
  ['redis.external.nodes=other.example.com:6380'],
])(
  'where the revision never changes (Argo CD) a Job whose template differs with %s has another name',
  async (...set) => {
    // Hooks are deleted before they run again.
    const jobsOf = (objects: Manifest[]) =>
      podsOf(objects).filter(({ kind, name }) => kind === 'Job' && name !== 'idempo-cleanup');
    const before = new Map(jobsOf(await render('cloud', ...external)).map(({ name, spec }) => [name, spec] as const));
    const after = jobsOf(await render('cloud', ...external, ...set));
    expect(after.filter(({ name }) => !before.has(name)).length).toBeGreaterThan(0);
    for (const { name, spec } of after) expect(before.get(name) ?? spec).toEqual(spec);
  },
);

test('the Job has the annotations that Argo CD runs it by', async () => {
  const hook = { 'argocd.argoproj.io/hook': 'Sync' };
  const objects = await render('cloud', ...external, `secrets.jobAnnotations=${JSON.stringify(hook)}`);
  const job = ofKind(objects, 'Job').find(({ metadata }) => metadata.name.startsWith('idempo-stores-'));
  expect(job?.metadata.annotations).toEqual(hook);
});
