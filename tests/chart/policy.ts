import { containersOf, ofKind, podsOf, type Manifest, type Pod } from './chart.ts';
import { policiesOf, selecting, selects } from './network.ts';
import { refusedOfPod } from './pod-security.ts';

/** What every object of the chart keeps to. */
export interface Rule {
  name: string;
  why: string;
  /** What breaks it, each as `Kind/name: what`. */
  broken: (objects: Manifest[]) => string[];
}

const identity = ({ kind, metadata }: Manifest): string => `${kind}/${metadata.name}`;

/** A rule over single objects: what is wrong with one. */
const ofObjects =
  (wrong: (object: Manifest) => string[]): Rule['broken'] =>
  (objects) =>
    objects.flatMap((object) => wrong(object).map((what) => `${identity(object)}: ${what}`));

/** A rule over single pods. */
const ofPods =
  (wrong: (pod: Pod) => string[]): Rule['broken'] =>
  (objects) =>
    podsOf(objects).flatMap((pod) => wrong(pod).map((what) => `${pod.of}: ${what}`));

const imagesOf = (object: Manifest): string[] => {
  if (object.kind === 'Cluster') return [String(object.spec?.['imageName'])];
  if (object.kind === 'Pooler') return [(object.spec?.['pgbouncer'] as { image: string }).image];
  return podsOf([object]).flatMap((pod) => containersOf(pod).map(({ image }) => image));
};

/** registry.example.com[:port]/repository:tag or @sha256:… */
const pinned = /^[a-z0-9-]+(\.[a-z0-9-]+)+(:\d+)?(\/[a-z0-9._-]+)+(:(?!latest$)[\w.-]+|@sha256:[0-9a-f]{64})$/;

/** Deployments, StatefulSets and Poolers, with how many pods they may have: 0 where an autoscaler says it. */
const controllers = (objects: Manifest[]) =>
  ['Deployment', 'StatefulSet', 'Pooler'].flatMap((kind) =>
    ofKind(objects, kind).map((object) => {
      const { replicas, instances, template } = (object.spec ?? {}) as {
        replicas?: number;
        instances?: number;
        template?: {
          metadata: { labels?: Record<string, string> };
          spec: { topologySpreadConstraints?: { topologyKey: string }[] };
        };
      };
      const { name, namespace = '' } = object.metadata;
      const labels = kind === 'Pooler' ? { 'cnpg.io/poolerName': name } : (template?.metadata.labels ?? {});
      return { object, kind, name, namespace, labels, replicas: replicas ?? instances ?? 0, template };
    }),
  );

const scaledNames = (objects: Manifest[]): string[] =>
  [...ofKind(objects, 'HorizontalPodAutoscaler'), ...ofKind(objects, 'ScaledObject')].map(
    ({ spec }) => (spec?.['scaleTargetRef'] as { name: string }).name,
  );

const clusterScoped = ['Namespace', 'ClusterRole', 'ClusterRoleBinding', 'PriorityClass'];

export const rules: Rule[] = [
  {
    name: 'image',
    why: 'what runs is what was tested: a registry, and a tag that stays',
    broken: ofObjects((object) => imagesOf(object).filter((image) => !pinned.test(image))),
  },
  {
    name: 'resources',
    why: 'memory is bounded; CPU is not, since a limit slows down a pod while the node is idle',
    broken: ofPods((pod) =>
      containersOf(pod).flatMap(({ name, resources: { requests = {}, limits = {} } = {} }) =>
        Object.keys(requests).toSorted().join() === 'cpu,memory' && Object.keys(limits).join() === 'memory'
          ? []
          : [name],
      ),
    ),
  },
  {
    name: 'probes',
    why: 'a pod that does not answer gets no requests, and one that hangs is restarted',
    broken: ofPods(({ serves, spec }) =>
      spec.containers.flatMap((container) =>
        (['startupProbe', 'livenessProbe', 'readinessProbe'] as const).flatMap((probe) =>
          serves && container[probe] === undefined ? [`${container.name} ${probe}`] : [],
        ),
      ),
    ),
  },
  {
    name: 'token',
    why: 'who does not call the API has nothing to call it with',
    broken: ofPods(({ spec }) => (spec.automountServiceAccountToken === false ? [] : ['automountServiceAccountToken'])),
  },
  {
    name: 'restricted',
    why: 'the restricted Pod Security Standard, which every namespace of ours enforces; no hostPath among it',
    broken: ofPods(({ spec }) => refusedOfPod(spec)),
  },
  {
    name: 'read-only root',
    why: 'nobody writes a program into a container and runs it',
    broken: ofPods((pod) =>
      containersOf(pod).flatMap(({ name, securityContext }) =>
        securityContext?.['readOnlyRootFilesystem'] === true ? [] : [name],
      ),
    ),
  },
  {
    name: 'environment',
    why: 'server-side apply, which Helm 4 uses, refuses a variable that is named twice',
    broken: ofPods((pod) =>
      containersOf(pod).flatMap(({ env = [] }) => {
        const names = env.map(({ name }) => name);
        return names.filter((name, index) => names.indexOf(name) !== index);
      }),
    ),
  },
  {
    name: 'disruption budget',
    why: 'a drained node takes one of several pods at a time, and a single one may always go',
    broken: (objects) =>
      controllers(objects).flatMap(({ object, replicas, namespace, labels }) => {
        const budgets = ofKind(objects, 'PodDisruptionBudget').filter(
          ({ metadata, spec }) => metadata.namespace === namespace && selects(spec?.['selector'] ?? {}, labels),
        );
        const wanted = replicas === 1 ? 0 : 1;
        const same = budgets.every(({ spec }) => spec?.['maxUnavailable'] === 1);
        return budgets.length === wanted && same ? [] : [`${identity(object)}: ${budgets.length} of ${wanted}`];
      }),
  },
  {
    name: 'replicas',
    why: 'an upgrade does not undo what an autoscaler did, and what has none says how many it is',
    broken: (objects) =>
      controllers(objects).flatMap(({ object, name, replicas }) =>
        scaledNames(objects).includes(name) === (replicas === 0) ? [] : [identity(object)],
      ),
  },
  {
    name: 'spread',
    why: 'the loss of a zone or a node leaves some of several',
    broken: (objects) =>
      controllers(objects).flatMap(({ object, kind, replicas, template }) => {
        const keys = template?.spec.topologySpreadConstraints?.map(({ topologyKey }) => topologyKey) ?? [];
        const wanted =
          kind === 'Pooler' || replicas === 1 ? [] : ['topology.kubernetes.io/zone', 'kubernetes.io/hostname'];
        return wanted.filter((key) => !keys.includes(key)).map((key) => `${identity(object)}: ${key}`);
      }),
  },
  {
    name: 'history',
    why: 'each old revision is an object that the cluster keeps',
    broken: ofObjects(({ kind, spec }) =>
      ['Deployment', 'StatefulSet'].includes(kind) && !(Number(spec?.['revisionHistoryLimit']) <= 5)
        ? ['revisionHistoryLimit']
        : [],
    ),
  },
  {
    name: 'labels',
    why: 'what belongs to the release can be found',
    broken: ofObjects(({ metadata: { labels = {} } }) =>
      ['name', 'instance', 'component', 'part-of', 'managed-by']
        .map((key) => `app.kubernetes.io/${key}`)
        .filter((key) => labels[key] === undefined),
    ),
  },
  {
    name: 'namespace',
    why: "nothing lands where `kubectl` happens to be, and nothing is the cluster's",
    broken: ofObjects(({ kind, metadata }) => [
      ...(clusterScoped.includes(kind) ? ['cluster-scoped'] : []),
      ...(clusterScoped.includes(kind) || metadata.namespace !== undefined ? [] : ['no namespace']),
    ]),
  },
  {
    name: 'rights',
    why: 'rights are to what is named, and never to list every Secret',
    broken: ofObjects(({ rules: granted = [] }) =>
      granted.flatMap(({ apiGroups = [], resources, verbs, resourceNames }) => [
        ...[...apiGroups, ...resources, ...verbs].filter((each) => each === '*'),
        ...(resources.includes('secrets') && resourceNames === undefined
          ? verbs.filter((verb) => verb !== 'create').map((verb) => `${verb} any Secret`)
          : []),
      ]),
    ),
  },
  {
    name: 'network policy',
    why: 'nobody reaches a pod, and it reaches nobody, but by a flow that is written down',
    broken: (objects) => {
      const policies = policiesOf(objects);
      return podsOf(objects).flatMap(({ of, namespace, labels }) => {
        const own = selecting(policies, { name: of, pod: { namespace, labels } });
        // The one that denies everything selects every pod; what is needed is opened by another.
        return own.length > 1 ? [] : [of];
      });
    },
  },
  {
    name: 'front door',
    why: 'the cluster is entered by the front door alone',
    broken: ofObjects(({ kind, spec }) =>
      kind === 'Service' && (spec?.['type'] ?? 'ClusterIP') !== 'ClusterIP' ? ['type'] : [],
    ),
  },
  {
    name: 'secrets',
    why: 'no credential is in the rendering, which the release and Git keep',
    broken: (objects) => [
      ...ofKind(objects, 'Secret').map(identity),
      ...ofPods((pod) =>
        containersOf(pod).flatMap(({ env = [] }) =>
          env.flatMap(({ name, value }) => (/PASSWORD$|SECRET$|_KEY$/.test(name) && value !== undefined ? [name] : [])),
        ),
      )(objects),
    ],
  },
];

export interface Exception {
  rule: string;
  /** Of what the rule says, all that matches. */
  what: RegExp;
  reason: string;
}

export const exceptions: Exception[] = [
  {
    rule: 'token',
    what: /^(Job\/idempo-(credentials|cleanup)|CronJob\/idempo-credentials)[-\w]*: /,
    reason:
      'they hand Secrets and certificates on, roll who reads them, and remove custom resources: calling the API is what they are for',
  },
  {
    rule: 'namespace',
    what: /^ClusterRole(Binding)?\/\w+-idempo-volumes: /,
    reason:
      'only a kubelet knows how full a volume is, and nodes are in no namespace: monitoring.prometheus.volumes, which can be off',
  },
  {
    rule: 'namespace',
    what: /^Namespace\//,
    reason: 'namespaces.create is for one release with everything in it; production may have them made by others',
  },
  {
    rule: 'labels',
    what: /^Namespace\//,
    reason: 'a namespace outlives the release, and others may live in it: it has no instance, component or manager',
  },
  {
    rule: 'rights',
    what: /^Role\/idempo-cleanup: (list|delete) any Secret$/,
    reason: 'with keepData: false it removes on uninstall the Secrets that were made, which it finds by their label',
  },
];
