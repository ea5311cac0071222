import { ofKind, podsOf, type Manifest, type PodSpec } from './chart.ts';

/** CPUs, and bytes. */
export interface Totals {
  cpu: number;
  memory: number;
  disk: number;
}

const units: Record<string, number> = { m: 1e-3, '': 1, Ki: 2 ** 10, Mi: 2 ** 20, Gi: 2 ** 30, Ti: 2 ** 40 };

/** A Kubernetes quantity as a number. */
export const quantity = (text: string | number): number => {
  const [, digits, unit = ''] = /^([\d.]+)([A-Za-z]*)$/.exec(String(text)) ?? [];
  const factor = units[unit];
  if (digits === undefined || factor === undefined) throw new Error(`${text} is no quantity`);
  return Number(digits) * factor;
};

type Resources = { requests?: Record<string, string> } | undefined;
interface Requesting {
  resources?: Resources;
}
const sum = (numbers: number[]) => numbers.reduce((total, each) => total + each, 0);
const asked = (containers: Requesting[], what: 'cpu' | 'memory') =>
  sum(containers.map(({ resources }) => quantity(resources?.requests?.[what] ?? 0)));

/** So many pods of these containers, with a volume each. */
const pods = (count: number, containers: Requesting[], volume = '0'): Totals => ({
  cpu: count * asked(containers, 'cpu'),
  memory: count * asked(containers, 'memory'),
  disk: count * quantity(volume),
});

/** What a pod holds while it runs: its containers, and those init containers that go on beside them. */
const running = ({ initContainers = [], containers }: PodSpec): Requesting[] => [
  ...containers,
  ...initContainers.filter((each) => 'restartPolicy' in each),
];

/** Kafka's pods and PostgreSQL's, which their operators make. */
const ofOperators = (objects: Manifest[]): Totals[] => [
  ...ofKind(objects, 'KafkaNodePool').map(({ spec }) => {
    const { replicas, storage, resources } = spec as {
      replicas: number;
      storage: { volumes: { size: string }[] };
      resources: Resources;
    };
    return pods(replicas, [{ resources }], storage.volumes[0]?.size);
  }),
  ...ofKind(objects, 'Kafka').map(({ spec }) => {
    const { entityOperator, cruiseControl } = spec as {
      entityOperator: { topicOperator: Requesting; userOperator: Requesting };
      cruiseControl?: Requesting;
    };
    const { topicOperator, userOperator } = entityOperator;
    return pods(1, [topicOperator, userOperator, ...(cruiseControl === undefined ? [] : [cruiseControl])]);
  }),
  ...ofKind(objects, 'Cluster').map(({ spec }) => {
    const { instances, storage, resources } = spec as {
      instances: number;
      storage: { size: string };
      resources: Resources;
    };
    return pods(instances, [{ resources }], storage.size);
  }),
  ...ofKind(objects, 'Pooler').map(({ spec }) => {
    const { instances, template } = spec as { instances: number; template: { spec: PodSpec } };
    return pods(instances, template.spec.containers);
  }),
];

/**
 * What all pods that go on running ask for, with as many of each service as its autoscaler has at least or at most. Without the
 * operators and what monitoring brings, whose charts are others'.
 */
export const totals = (objects: Manifest[], scale: 'least' | 'most'): Totals => {
  const scaled = new Map(
    [...ofKind(objects, 'HorizontalPodAutoscaler'), ...ofKind(objects, 'ScaledObject')].map(({ spec }) => {
      const { scaleTargetRef, ...rest } = spec as { scaleTargetRef: { name: string } } & Record<string, number>;
      const least = rest['minReplicas'] ?? rest['minReplicaCount'] ?? 1;
      const most = rest['maxReplicas'] ?? rest['maxReplicaCount'] ?? 1;
      return [scaleTargetRef.name, scale === 'least' ? least : most];
    }),
  );
  const ours = podsOf(objects).flatMap(({ serves, name, spec, kind }) => {
    const replicas = ofKind(objects, kind).find(({ metadata }) => metadata.name === name)?.spec?.['replicas'];
    return serves ? [pods(scaled.get(name) ?? Number(replicas), running(spec))] : [];
  });
  const all = [...ours, ...ofOperators(objects)];
  const total = (what: keyof Totals) => sum(all.map((each) => each[what]));
  return { cpu: total('cpu'), memory: total('memory'), disk: total('disk') };
};

const gibibytes = (bytes: number) => `${(bytes / 2 ** 30).toFixed(1).replace(/\.0$/, '')} GiB`;

/** As the values files and docs/sizing.md say it. */
export const told = (objects: Manifest[]): string => {
  const [least, most] = [totals(objects, 'least'), totals(objects, 'most')];
  const both = ({ cpu, memory }: Totals) =>
    `${cpu.toFixed(1).replace(/\.0$/, '')} CPUs and ${gibibytes(memory)} of memory`;
  const scaled = most.cpu === least.cpu ? '' : `, scaled out ${both(most)}`;
  return `${both(least)}${scaled}; ${gibibytes(least.disk)} of disk`;
};
