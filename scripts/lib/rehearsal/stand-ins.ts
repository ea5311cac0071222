import { z } from 'zod';
import { type Manifest, storageClass } from './manifests.ts';

/**
 * What the operators make of their resources, as far as the scheduler and a drain see it: StatefulSets in place of the pods that Strimzi
 * and CloudNativePG run by themselves, Deployments as theirs, and their PodDisruptionBudgets. All that says where a pod goes is read
 * from the resource, and what the operator adds is added here:
 * - Strimzi 1.2: with a rack, a node has to say its zone. Spreading is the resource's own business (since 0.49).
 * - CloudNativePG 1.30: the anti-affinity that `affinity` asks for, between the instances of a cluster; a budget for the primary and one
 *   for the standbys.
 */
export const standInsFor = (objects: Manifest[]): Manifest[] => {
  const kafka = objects.filter(({ kind }) => kind === 'Kafka').map((object) => kafkaResource.parse(object));
  const pools = objects.filter(({ kind }) => kind === 'KafkaNodePool').map((object) => nodePool.parse(object));
  return [
    ...kafka.flatMap((cluster) => {
      const own = pools.filter(({ metadata }) => metadata.labels['strimzi.io/cluster'] === cluster.metadata.name);
      return [...own.map((pool) => kafkaNodes(cluster, pool)), kafkaBudget(cluster, own), ...kafkaHelpers(cluster)];
    }),
    ...objects
      .filter(({ kind }) => kind === 'Cluster')
      .flatMap((object) => databaseCluster(clusterResource.parse(object))),
    ...objects.filter(({ kind }) => kind === 'Pooler').map((object) => pooler(poolerResource.parse(object))),
  ];
};

/** Role that a server of a database cluster has: CloudNativePG gives it to one of them. */
export const databaseRole = {
  label: 'cnpg.io/instanceRole',
  cluster: 'cnpg.io/cluster',
  primary: 'primary',
  replica: 'replica',
};

const named = z.object({
  name: z.string(),
  namespace: z.string(),
  labels: z.record(z.string(), z.string()).default({}),
});
const resources = z.record(z.string(), z.unknown()).default({});
const affinity = z.record(z.string(), z.unknown()).default({});
const spread = z.array(z.unknown()).default([]);
const tolerations = z.array(z.unknown()).default([]);

const helper = z.object({ resources });
const helperPod = z.object({ pod: z.object({ tolerations }) });
const kafkaResource = z.object({
  metadata: named,
  spec: z.object({
    kafka: z.object({
      rack: z.object({ topologyKey: z.string() }).optional(),
      template: z.object({ podDisruptionBudget: z.object({ maxUnavailable: z.number() }) }),
    }),
    entityOperator: z.object({ topicOperator: helper, userOperator: helper, template: helperPod }).optional(),
    cruiseControl: helper.extend({ template: helperPod }).optional(),
  }),
});
const nodePool = z.object({
  metadata: named,
  spec: z.object({
    replicas: z.number(),
    resources,
    storage: z.object({ volumes: z.array(z.object({ size: z.string(), class: z.literal(storageClass) })) }),
    template: z.object({ pod: z.object({ affinity, topologySpreadConstraints: spread }) }),
  }),
});
const clusterResource = z.object({
  metadata: named,
  spec: z.object({
    instances: z.number(),
    resources,
    enablePDB: z.boolean(),
    storage: z.object({ size: z.string(), storageClass: z.literal(storageClass) }),
    affinity: z.object({
      enablePodAntiAffinity: z.boolean(),
      podAntiAffinityType: z.enum(['required', 'preferred']),
      topologyKey: z.string(),
    }),
    topologySpreadConstraints: spread,
  }),
});
const poolerResource = z.object({
  metadata: named,
  spec: z.object({
    instances: z.number(),
    template: z.object({
      metadata: z.object({ labels: z.record(z.string(), z.string()) }),
      spec: z.object({ tolerations, topologySpreadConstraints: spread, containers: z.array(z.object({ resources })) }),
    }),
  }),
});

type Kafka = z.infer<typeof kafkaResource>;
type NodePool = z.infer<typeof nodePool>;

const kafkaLabels = ({ metadata }: Kafka) => ({
  'strimzi.io/cluster': metadata.name,
  'strimzi.io/kind': 'Kafka',
  'strimzi.io/name': `${metadata.name}-kafka`,
});

const kafkaNodes = (cluster: Kafka, { metadata, spec }: NodePool): Manifest => {
  const { rack } = cluster.spec.kafka;
  const zoned = rack && {
    requiredDuringSchedulingIgnoredDuringExecution: {
      nodeSelectorTerms: [{ matchExpressions: [{ key: rack.topologyKey, operator: 'Exists' }] }],
    },
  };
  return statefulSet({
    name: `${cluster.metadata.name}-${metadata.name}`,
    namespace: metadata.namespace,
    replicas: spec.replicas,
    labels: { ...kafkaLabels(cluster), 'strimzi.io/pool-name': metadata.name },
    resources: [spec.resources],
    pod: {
      affinity: { ...spec.template.pod.affinity, ...(zoned && { nodeAffinity: zoned }) },
      topologySpreadConstraints: spec.template.pod.topologySpreadConstraints,
    },
    volumes: spec.storage.volumes.map(({ size }) => size),
  });
};

/** One for all nodes of the cluster, whatever their pool. */
const kafkaBudget = (cluster: Kafka, pools: NodePool[]): Manifest => {
  const nodes = pools.reduce((all, { spec }) => all + spec.replicas, 0);
  const { maxUnavailable } = cluster.spec.kafka.template.podDisruptionBudget;
  const { namespace, name } = cluster.metadata;
  return budget({ name: `${name}-kafka`, namespace }, nodes - maxUnavailable, kafkaLabels(cluster));
};

const kafkaHelpers = ({ metadata, spec }: Kafka): Manifest[] => {
  const { entityOperator, cruiseControl } = spec;
  const one = (name: string, pod: z.infer<typeof helperPod>['pod'], containers: z.infer<typeof helper>[]) =>
    deployment({
      name: `${metadata.name}-${name}`,
      namespace: metadata.namespace,
      replicas: 1,
      labels: { 'strimzi.io/cluster': metadata.name, 'strimzi.io/name': `${metadata.name}-${name}` },
      resources: containers.map((each) => each.resources),
      pod,
    });
  return [
    ...(entityOperator
      ? [
          one('entity-operator', entityOperator.template.pod, [
            entityOperator.topicOperator,
            entityOperator.userOperator,
          ]),
        ]
      : []),
    ...(cruiseControl ? [one('cruise-control', cruiseControl.template.pod, [cruiseControl])] : []),
  ];
};

const databaseCluster = ({ metadata, spec }: z.infer<typeof clusterResource>): Manifest[] => {
  const { name, namespace } = metadata;
  const { label, cluster, primary, replica } = databaseRole;
  const { enablePodAntiAffinity, podAntiAffinityType, topologyKey } = spec.affinity;
  const term = {
    topologyKey,
    labelSelector: {
      matchExpressions: [
        { key: cluster, operator: 'In', values: [name] },
        { key: 'cnpg.io/podRole', operator: 'In', values: ['instance'] },
      ],
    },
  };
  const podAntiAffinity =
    podAntiAffinityType === 'required'
      ? { requiredDuringSchedulingIgnoredDuringExecution: [term] }
      : { preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 100, podAffinityTerm: term }] };
  const servers = statefulSet({
    name,
    namespace,
    replicas: spec.instances,
    labels: { [cluster]: name, 'cnpg.io/podRole': 'instance', [label]: replica },
    resources: [spec.resources],
    pod: {
      ...(enablePodAntiAffinity && { affinity: { podAntiAffinity } }),
      topologySpreadConstraints: spec.topologySpreadConstraints,
    },
    volumes: [spec.storage.size],
  });
  if (!spec.enablePDB) return [servers];
  return [
    servers,
    budget({ name: `${name}-primary`, namespace }, 1, { [cluster]: name, [label]: primary }),
    ...(spec.instances > 2
      ? [budget({ name, namespace }, spec.instances - 2, { [cluster]: name, [label]: replica })]
      : []),
  ];
};

const pooler = ({ metadata, spec }: z.infer<typeof poolerResource>): Manifest =>
  deployment({
    name: metadata.name,
    namespace: metadata.namespace,
    replicas: spec.instances,
    labels: { ...spec.template.metadata.labels, 'cnpg.io/poolerName': metadata.name },
    resources: spec.template.spec.containers.map((each) => each.resources),
    pod: {
      tolerations: spec.template.spec.tolerations,
      topologySpreadConstraints: spec.template.spec.topologySpreadConstraints,
    },
  });

interface Pods {
  name: string;
  namespace: string;
  replicas: number;
  labels: Record<string, string>;
  /** Of each container. */
  resources: Record<string, unknown>[];
  /** What says where it goes. */
  pod: Record<string, unknown>;
}

const podTemplate = ({ labels, resources: each, pod }: Pods) => ({
  metadata: { labels },
  spec: {
    ...pod,
    securityContext: { runAsNonRoot: true, runAsUser: 1000, seccompProfile: { type: 'RuntimeDefault' } },
    containers: each.map((asked, index) => ({
      name: `stand-in-${String(index)}`,
      image: 'stand-in',
      resources: asked,
      securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } },
    })),
  },
});

const deployment = (pods: Pods): Manifest => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: pods.name, namespace: pods.namespace },
  spec: { replicas: pods.replicas, selector: { matchLabels: pods.labels }, template: podTemplate(pods) },
});

const statefulSet = ({ volumes, ...pods }: Pods & { volumes: string[] }): Manifest => ({
  apiVersion: 'apps/v1',
  kind: 'StatefulSet',
  metadata: { name: pods.name, namespace: pods.namespace },
  spec: {
    serviceName: pods.name,
    replicas: pods.replicas,
    podManagementPolicy: 'Parallel',
    // A database's role changes on its pods.
    selector: {
      matchLabels: Object.fromEntries(Object.entries(pods.labels).filter(([key]) => key !== databaseRole.label)),
    },
    template: podTemplate(pods),
    volumeClaimTemplates: volumes.map((size, index) => ({
      metadata: { name: `data-${String(index)}` },
      spec: {
        storageClassName: storageClass,
        accessModes: ['ReadWriteOnce'],
        resources: { requests: { storage: size } },
      },
    })),
  },
});

const budget = (
  metadata: { name: string; namespace: string },
  minAvailable: number,
  matchLabels: Record<string, string>,
): Manifest => ({
  apiVersion: 'policy/v1',
  kind: 'PodDisruptionBudget',
  metadata,
  spec: { minAvailable, selector: { matchLabels } },
});
