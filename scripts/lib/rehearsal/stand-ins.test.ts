import { expect, test } from '@jest/globals';
import { type Manifest, parseManifests, quantity, requestsOf, storageClass, workloadsOf } from './manifests.ts';
import { standInsFor } from './stand-ins.ts';

const cluster = (instances: number): Manifest => ({
  apiVersion: 'postgresql.cnpg.io/v1',
  kind: 'Cluster',
  metadata: { name: 'game-db', namespace: 'databases' },
  spec: {
    instances,
    resources: { requests: { cpu: '1', memory: '2Gi' } },
    enablePDB: true,
    storage: { size: '50Gi', storageClass },
    affinity: {
      enablePodAntiAffinity: true,
      podAntiAffinityType: 'required',
      topologyKey: 'topology.kubernetes.io/zone',
    },
  },
});

test('a database cluster has servers that keep apart as it says, and budgets for primary and standbys', () => {
  const [servers, ...budgets] = standInsFor([cluster(3)]);
  expect(servers).toMatchObject({
    kind: 'StatefulSet',
    spec: {
      replicas: 3,
      template: {
        spec: {
          affinity: {
            podAntiAffinity: {
              requiredDuringSchedulingIgnoredDuringExecution: [{ topologyKey: 'topology.kubernetes.io/zone' }],
            },
          },
        },
      },
      volumeClaimTemplates: [
        { spec: { storageClassName: storageClass, resources: { requests: { storage: '50Gi' } } } },
      ],
    },
  });
  expect(budgets.map(({ metadata, spec }) => [metadata.name, spec])).toMatchObject([
    ['game-db-primary', { minAvailable: 1 }],
    ['game-db', { minAvailable: 1 }],
  ]);
  expect(standInsFor([cluster(2)])).toHaveLength(2);
});

test('a volume of another class than the one asked for is an error', () => {
  const elsewhere: Manifest = { ...cluster(3), spec: { instances: 3, enablePDB: true, storage: { size: '50Gi' } } };
  expect(() => standInsFor([elsewhere])).toThrow('storageClass');
});

test('what makes pods is bound to the nodes of the rehearsal; hooks are left out', () => {
  const [pods, ...more] = workloadsOf([
    ...standInsFor([cluster(3)]),
    ...parseManifests(
      'apiVersion: batch/v1\nkind: Job\nmetadata: {name: hook, annotations: {helm.sh/hook: pre-delete}}\nspec: {}\n---\n',
    ),
  ]);
  expect(more).toEqual([]);
  expect(pods?.spec.template).toMatchObject({
    metadata: { labels: { 'idempo/rehearsal': 'game-db' } },
    spec: { nodeSelector: { 'idempo/rehearsal': 'node' }, tolerations: [{ key: 'idempo/rehearsal' }] },
  });
  expect(pods && requestsOf(pods)).toEqual({ cpu: 1, memory: 2 });
});

test('quantities are read as Kubernetes writes them', () => {
  expect(['250m', 1, '1.5', '320Mi', '2Gi'].map(quantity)).toEqual([0.25, 1, 1.5, 335544320, 2147483648]);
  expect(() => quantity('2 Gi')).toThrow('2 Gi is no quantity');
});
