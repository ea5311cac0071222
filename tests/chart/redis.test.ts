import { describe, expect, test } from '@jest/globals';
import { containersOf, ofKind, podsOf, render, type Manifest } from './chart.ts';

interface Term {
  weight: number;
  podAffinityTerm: { topologyKey: string; labelSelector: { matchLabels: Record<string, string> } };
}
interface Spread {
  topologyKey: string;
  whenUnsatisfiable: string;
  matchLabelKeys: string[];
}
interface NodeSpec {
  replicas: number;
  template: {
    spec: {
      affinity: { podAntiAffinity: { preferredDuringSchedulingIgnoredDuringExecution: Term[] } };
      topologySpreadConstraints: Spread[];
      initContainers: { restartPolicy: string }[];
    };
  };
}

const shardsOf = (objects: Manifest[]) =>
  ofKind(objects, 'StatefulSet').filter(({ metadata }) => /^redis/.test(metadata.name));
const specOf = (each: Manifest) => (each as { spec?: unknown }).spec as NodeSpec;
const envOf = (objects: Manifest[], pod: string, container: string) =>
  Object.fromEntries(
    podsOf(objects)
      .filter(({ name }) => name === pod)
      .flatMap(containersOf)
      .find(({ name }) => name === container)
      ?.env?.map(({ name, value }): [string, string] => [name, value ?? '']) ?? [],
  );
const confOf = (objects: Manifest[]) =>
  ofKind(objects, 'ConfigMap').find(({ metadata }) => metadata.name === 'redis')?.data?.['redis.conf'] ?? '';

test('the local values have one Redis, the cloud values three shards of two nodes', async () => {
  const names = async (overlay: 'local' | 'cloud') =>
    shardsOf(await render(overlay)).map((each) => [each.metadata.name, specOf(each).replicas]);
  expect(await names('local')).toEqual([['redis', 1]]);
  expect(await names('cloud')).toEqual([
    ['redis-0', 2],
    ['redis-1', 2],
    ['redis-2', 2],
  ]);
});

describe('a Redis Cluster', () => {
  test('has every slot in one shard', async () => {
    for (const shards of [3, 5, 7]) {
      const objects = await render('cloud', `redis.cluster.shards=${String(shards)}`);
      const ranges = shardsOf(objects).map(({ metadata: { name } }) =>
        (envOf(objects, name, 'join')['SLOTS'] ?? '').split(' ').map(Number),
      );
      expect(ranges).toHaveLength(shards);
      expect(ranges[0]?.[0]).toBe(0);
      expect(ranges.at(-1)?.[1]).toBe(16_383);
      ranges.slice(1).forEach(([from], index) => expect(from).toBe((ranges[index]?.[1] ?? 0) + 1));
    }
  });

  test('knows each of its nodes by the name that the pod has', async () => {
    const objects = await render('cloud', 'global.namespaces.databases=data');
    const nodes = shardsOf(objects).map((each) =>
      Array.from({ length: specOf(each).replicas }, (_, index) => `${each.metadata.name}-${String(index)}`),
    );
    const address = (pod: string) => `${pod}.redis-nodes.data.svc:6379`;
    shardsOf(objects).forEach(({ metadata: { name } }, shard) => {
      const env = envOf(objects, name, 'join');
      expect(env['SELF']).toBe(address('$(POD_NAME)'));
      expect(env['SHARD']?.split(' ')).toEqual(nodes[shard]?.map(address));
      expect(env['PEERS']?.split(' ')).toEqual(nodes.flat().map(address));
      expect(envOf(objects, name, 'redis')).toMatchObject({ SELF: env['SELF'], SHARD: env['SHARD'] });
    });
    const service = ofKind(objects, 'Service').find(({ metadata }) => metadata.name === 'redis-nodes');
    expect(service?.spec).toMatchObject({ clusterIP: 'None', publishNotReadyAddresses: true });
    for (const each of shardsOf(objects)) expect(each.spec).toMatchObject({ serviceName: 'redis-nodes' });
  });

  test('tells clients names, and serves what it has when a shard is away', async () => {
    const conf = confOf(await render('cloud')).split('\n');
    expect(conf).toEqual(
      expect.arrayContaining([
        'cluster-enabled yes',
        'cluster-preferred-endpoint-type hostname',
        'cluster-require-full-coverage no',
      ]),
    );
    expect(confOf(await render('local'))).not.toMatch('cluster-enabled');
  });

  test('has the nodes of a shard, and the first ones of all shards, in different zones and on different nodes', async () => {
    for (const each of shardsOf(await render('cloud'))) {
      const { affinity, topologySpreadConstraints } = specOf(each).template.spec;
      const shard = { 'idempo/shard': each.metadata.name.replace('redis-', '') };
      const apart = affinity.podAntiAffinity.preferredDuringSchedulingIgnoredDuringExecution;
      expect(apart.map(({ podAffinityTerm }) => podAffinityTerm.topologyKey).toSorted()).toEqual([
        'kubernetes.io/hostname',
        'topology.kubernetes.io/zone',
      ]);
      for (const { podAffinityTerm } of apart) expect(podAffinityTerm.labelSelector.matchLabels).toMatchObject(shard);
      // The API server refuses two of the same key.
      expect(topologySpreadConstraints.map(({ topologyKey }) => topologyKey)).toEqual([
        'topology.kubernetes.io/zone',
        'kubernetes.io/hostname',
      ]);
      for (const { matchLabelKeys } of topologySpreadConstraints)
        expect(matchLabelKeys).toEqual(['apps.kubernetes.io/pod-index']);
    }
  });

  test('is kept together beside each node, and hands over before a node goes', async () => {
    const objects = await render('cloud');
    for (const each of shardsOf(objects)) {
      expect(specOf(each).template.spec.initContainers).toMatchObject([{ name: 'join', restartPolicy: 'Always' }]);
      const [redis] = podsOf([each]).flatMap(({ spec }) => spec.containers);
      expect(JSON.stringify(redis?.lifecycle)).toMatch('cluster failover');
    }
  });

  test('loses one node at a time', async () => {
    const budget = ofKind(await render('cloud'), 'PodDisruptionBudget').find(
      ({ metadata }) => metadata.name === 'redis',
    );
    expect(budget?.spec).toMatchObject({
      maxUnavailable: 1,
      selector: { matchLabels: { 'app.kubernetes.io/name': 'redis' } },
    });
  });
});

test('the services are told what kind of Redis there is', async () => {
  const told = async (...args: Parameters<typeof render>) => {
    const { REDIS_MODE: mode, REDIS_NODES: nodes } = envOf(await render(...args), 'game-service', 'game-service');
    return { mode, nodes };
  };
  expect(await told('local')).toEqual({ mode: 'single', nodes: 'redis.databases.svc:6379' });
  expect(await told('cloud')).toEqual({ mode: 'cluster', nodes: 'redis.databases.svc:6379' });
  const external = 'redis.external={"nodes":"redis.example.com:6380","mode":"single"}';
  expect(await told('cloud', 'redis.deploy=false', external)).toEqual({
    mode: 'single',
    nodes: 'redis.example.com:6380',
  });
});
