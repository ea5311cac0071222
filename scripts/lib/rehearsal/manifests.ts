import { execa } from 'execa';
import { parseAllDocuments } from 'yaml';
import { z } from 'zod';

/** A Kubernetes object, as far as all of them are alike. */
export interface Manifest {
  apiVersion: string;
  kind: string;
  metadata: Metadata;
  [part: string]: unknown;
}
export interface Metadata {
  name: string;
  namespace?: string | undefined;
  labels?: Record<string, string> | undefined;
  annotations?: Record<string, string> | undefined;
}

const metadata = z.looseObject({
  name: z.string(),
  namespace: z.string().optional(),
  labels: z.record(z.string(), z.string()).optional(),
  annotations: z.record(z.string(), z.string()).optional(),
});
const manifest = z.looseObject({ apiVersion: z.string(), kind: z.string(), metadata });

/** What helm prints, as objects. */
export const parseManifests = (yaml: string): Manifest[] =>
  parseAllDocuments(yaml).flatMap((document) => {
    const value: unknown = document.toJS();
    return value === null ? [] : [manifest.parse(value)];
  });

/** Where the rehearsal puts everything: namespaces, nodes and volumes that nothing else has. */
export const namespaces = {
  release: 'rehearsal',
  services: 'rehearsal-services',
  kafka: 'rehearsal-kafka',
  databases: 'rehearsal-databases',
  monitoring: 'rehearsal-monitoring',
};
/** Label of all that is the rehearsal's: on a pod, the name of its workload; on a node, `node`. */
export const mark = 'idempo/rehearsal';
export const storageClass = 'idempo-rehearsal';

/** The cloud rendering in those namespaces, with volumes of that class. */
export const renderCloud = async (): Promise<Manifest[]> => {
  const set = Object.entries({
    'global.storageClass': storageClass,
    'global.namespaces.services': namespaces.services,
    'global.namespaces.kafka': namespaces.kafka,
    'global.namespaces.databases': namespaces.databases,
    'global.namespaces.monitoring': namespaces.monitoring,
    'prometheus.forceNamespace': namespaces.monitoring,
    'prometheus.server.persistentVolume.storageClass': storageClass,
    'grafana.namespaceOverride': namespaces.monitoring,
  }).map(([name, value]) => `${name}=${value}`);
  const args = ['--namespace', namespaces.release, '--values', 'values/cloud.yaml', '--set', set.join(',')];
  return parseManifests((await execa('helm', ['template', 'idempo', '.', ...args])).stdout);
};

const container = z.looseObject({
  restartPolicy: z.string().optional(),
  resources: z
    .looseObject({ requests: z.record(z.string(), z.union([z.string(), z.number()])).default({}) })
    .default({ requests: {} }),
});
const podSpec = z.looseObject({
  nodeSelector: z.record(z.string(), z.string()).default({}),
  tolerations: z.array(z.unknown()).default([]),
  initContainers: z.array(container).default([]),
  containers: z.array(container),
});
const workload = z.looseObject({
  kind: z.enum(['Deployment', 'StatefulSet', 'Job']),
  apiVersion: z.string(),
  metadata,
  spec: z.looseObject({
    replicas: z.number().optional(),
    template: z.looseObject({ metadata: z.looseObject({ labels: z.record(z.string(), z.string()) }), spec: podSpec }),
  }),
});
/** What makes pods. */
export type Workload = z.infer<typeof workload>;

/**
 * What makes pods in a rendering, bound to the nodes of the rehearsal and marked with its name. Hooks are left out: they run when
 * Helm says so.
 */
export const workloadsOf = (objects: Manifest[]): Workload[] =>
  objects.flatMap((object) => {
    if (object.metadata.annotations?.['helm.sh/hook'] !== undefined) return [];
    const parsed = workload.safeParse(object);
    if (!parsed.success) return [];
    const { spec, metadata: named } = parsed.data;
    const { template } = spec;
    return {
      ...parsed.data,
      metadata: { ...named, namespace: named.namespace ?? namespaces.release },
      spec: {
        ...spec,
        template: {
          ...template,
          metadata: { ...template.metadata, labels: { ...template.metadata.labels, [mark]: named.name } },
          spec: {
            ...template.spec,
            nodeSelector: { ...template.spec.nodeSelector, [mark]: 'node' },
            tolerations: [...template.spec.tolerations, { key: mark, operator: 'Exists' }],
          },
        },
      },
    };
  });

const ranges = {
  HorizontalPodAutoscaler: z
    .object({
      spec: z.object({
        scaleTargetRef: z.object({ name: z.string() }),
        minReplicas: z.number(),
        maxReplicas: z.number(),
      }),
    })
    .transform(({ spec }) => ({ name: spec.scaleTargetRef.name, min: spec.minReplicas, max: spec.maxReplicas })),
  ScaledObject: z
    .object({
      spec: z.object({
        scaleTargetRef: z.object({ name: z.string() }),
        minReplicaCount: z.number(),
        maxReplicaCount: z.number(),
      }),
    })
    .transform(({ spec }) => ({
      name: spec.scaleTargetRef.name,
      min: spec.minReplicaCount,
      max: spec.maxReplicaCount,
    })),
};

/** Between which numbers of pods each Deployment is scaled; what is not in it has as many as it says. */
export const scaledOf = (objects: Manifest[]): Map<string, { min: number; max: number }> =>
  new Map(
    objects.flatMap((object) => {
      if (object.kind !== 'HorizontalPodAutoscaler' && object.kind !== 'ScaledObject') return [];
      const { name, min, max } = ranges[object.kind].parse(object);
      return [[name, { min, max }] as const];
    }),
  );

/** What pods ask for: CPUs, and GiB of memory. */
export interface Amount {
  cpu: number;
  memory: number;
}
export const sum = (amounts: Amount[]): Amount =>
  amounts.reduce((all, { cpu, memory }) => ({ cpu: all.cpu + cpu, memory: all.memory + memory }), {
    cpu: 0,
    memory: 0,
  });

const units: Record<string, number> = {
  '': 1,
  m: 1e-3,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
};
/** `250m` → 0.25, `2Gi` → 2147483648. @throws Error for what is no quantity. */
export const quantity = (text: string | number): number => {
  const [, number, unit = ''] = /^([\d.]+)([a-zA-Z]*)$/.exec(String(text)) ?? [];
  const factor = units[unit];
  if (number === undefined || factor === undefined) throw new Error(`${text} is no quantity`);
  return Number(number) * factor;
};

/** What one pod asks for: its containers together, or the most that one of those before them does. */
export const requestsOf = ({ spec }: Workload): Amount => {
  const { containers, initContainers } = spec.template.spec;
  const amount = ({ resources }: z.infer<typeof container>): Amount => ({
    cpu: quantity(resources.requests['cpu'] ?? 0),
    memory: quantity(resources.requests['memory'] ?? 0) / 2 ** 30,
  });
  // Those that stay beside the others count as one of them.
  const stay = initContainers.filter(({ restartPolicy }) => restartPolicy === 'Always');
  const before = initContainers.filter(({ restartPolicy }) => restartPolicy !== 'Always').map(amount);
  const running = sum([...containers, ...stay].map(amount));
  return {
    cpu: Math.max(running.cpu, ...before.map(({ cpu }) => cpu)),
    memory: Math.max(running.memory, ...before.map(({ memory }) => memory)),
  };
};
