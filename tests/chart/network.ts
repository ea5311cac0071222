import { ofKind, podsOf, type Manifest } from './chart.ts';

/** What has an address: a pod, of ours or of others, or something outside of the cluster. */
export interface Endpoint {
  name: string;
  /** Absent: no pod, an address. */
  pod?: { namespace: string; labels: Record<string, string> };
  address?: string;
}

interface Selector {
  matchLabels?: Record<string, string>;
  matchExpressions?: { key: string; operator: string; values?: string[] }[];
}
interface Peer {
  namespaceSelector?: Selector;
  podSelector?: Selector;
  ipBlock?: { cidr: string };
}
interface Rule {
  ports?: { port: number; protocol: string }[];
  from?: Peer[];
  to?: Peer[];
}
interface Policy {
  namespace: string;
  podSelector: Selector;
  ingress: Rule[] | undefined;
  egress: Rule[] | undefined;
}

export const policiesOf = (objects: Manifest[]): Policy[] =>
  ofKind(objects, 'NetworkPolicy').map(({ metadata: { namespace = '' }, spec }) => {
    const { podSelector, ingress, egress } = spec as { podSelector: Selector; ingress?: Rule[]; egress?: Rule[] };
    return { namespace, podSelector, ingress, egress };
  });

export const selects = (
  { matchLabels = {}, matchExpressions = [] }: Selector,
  labels: Record<string, string>,
): boolean =>
  Object.entries(matchLabels).every(([key, value]) => labels[key] === value) &&
  matchExpressions.every(({ key, operator, values = [] }) => {
    if (operator !== 'NotIn') throw new Error(`the simulation does not know ${operator}`);
    return !values.includes(labels[key] ?? '');
  });

const matches = (
  { namespaceSelector, podSelector, ipBlock }: Peer,
  home: string,
  { pod, address }: Endpoint,
): boolean => {
  if (ipBlock !== undefined) return ipBlock.cidr.replace(/\/\d+$/, '') === address;
  if (pod === undefined) return false;
  const inNamespace =
    namespaceSelector === undefined
      ? pod.namespace === home
      : selects(namespaceSelector, { 'kubernetes.io/metadata.name': pod.namespace });
  return inNamespace && selects(podSelector ?? {}, pod.labels);
};

const passes = (
  rules: Rule[],
  peersOf: (rule: Rule) => Peer[] | undefined,
  home: string,
  other: Endpoint,
  port: number,
) =>
  rules.some((rule) => {
    const peers = peersOf(rule);
    return (
      (rule.ports?.some((each) => each.port === port) ?? true) &&
      (peers?.some((peer) => matches(peer, home, other)) ?? true)
    );
  });

/** The policies that select a pod; none: everything is open. */
export const selecting = (policies: Policy[], { pod }: Endpoint): Policy[] =>
  policies.filter(({ namespace, podSelector }) => pod?.namespace === namespace && selects(podSelector, pod.labels));

/** Whether the policies let one open a connection to a port of the other. */
export const mayReach = (policies: Policy[], from: Endpoint, to: Endpoint, port: number): boolean => {
  const outward = selecting(policies, from);
  const inward = selecting(policies, to);
  return (
    (outward.length === 0 ||
      outward.some(({ namespace, egress = [] }) => passes(egress, (rule) => rule.to, namespace, to, port))) &&
    (inward.length === 0 ||
      inward.some(({ namespace, ingress = [] }) => passes(ingress, (rule) => rule.from, namespace, from, port)))
  );
};

/** Pods that operators make of our custom resources, with the labels that they give them. */
const madeByOperators = (objects: Manifest[]): Endpoint[] => [
  ...ofKind(objects, 'Kafka').flatMap(({ metadata: { namespace = '' }, spec }) => {
    const pod = (name: string, labels: Record<string, string>) => ({
      name,
      pod: { namespace, labels: { 'strimzi.io/cluster': 'idempo', 'strimzi.io/kind': 'Kafka', ...labels } },
    });
    return [
      pod('kafka', { 'strimzi.io/name': 'idempo-kafka', 'app.kubernetes.io/name': 'kafka' }),
      pod('kafka-entity-operator', {
        'strimzi.io/name': 'idempo-entity-operator',
        'app.kubernetes.io/name': 'entity-operator',
      }),
      ...(spec?.['cruiseControl'] === undefined
        ? []
        : [pod('cruise-control', { 'strimzi.io/name': 'idempo-cruise-control' })]),
    ];
  }),
  ...ofKind(objects, 'Cluster').flatMap(({ metadata: { name, namespace = '' } }) => {
    const labels = { 'cnpg.io/cluster': name, 'app.kubernetes.io/name': 'postgresql' };
    return [
      { name, pod: { namespace, labels: { ...labels, 'cnpg.io/podRole': 'instance' } } },
      { name, pod: { namespace, labels: { ...labels, 'cnpg.io/jobRole': 'initdb' } } },
    ];
  }),
  ...ofKind(objects, 'Pooler').map(({ metadata: { name, namespace = '' }, spec }) => {
    const { name: cluster } = spec?.['cluster'] as { name: string };
    const labels = { 'cnpg.io/cluster': cluster, 'cnpg.io/poolerName': name, 'cnpg.io/podRole': 'pooler' };
    return { name, pod: { namespace, labels } };
  }),
];

/** What cert-manager makes where the front door is, while it gets a certificate. */
const solvers = (objects: Manifest[]): Endpoint[] =>
  ['Ingress', 'HTTPRoute'].flatMap((kind) =>
    ofKind(objects, kind).map(({ metadata: { namespace = '' } }) => ({
      name: 'acme-solver',
      pod: { namespace, labels: { 'acme.cert-manager.io/http01-solver': 'true' } },
    })),
  );

/** Everything of ours, under the names of docs/architecture.md. */
export const ours = (objects: Manifest[]): Endpoint[] => [
  ...podsOf(objects).map(({ namespace, labels }) => ({
    name: labels['app.kubernetes.io/name'] ?? '',
    pod: { namespace, labels },
  })),
  ...madeByOperators(objects),
  ...solvers(objects),
];

/** What else comes with a release into one namespace, with the labels of its own charts. */
export const dependenciesIn = (namespace: string): Endpoint[] => [
  { name: 'keda-metrics-apiserver', pod: { namespace, labels: { app: 'keda-operator-metrics-apiserver' } } },
  { name: 'keda-webhooks', pod: { namespace, labels: { app: 'keda-admission-webhooks' } } },
  ...['prometheus', 'grafana', 'loki', 'jaeger'].map((name) => ({
    name,
    pod: { namespace, labels: { 'app.kubernetes.io/name': name } },
  })),
];

/** Those that are not ours, where they usually are, beside a release in this namespace. */
export const strangersOf = (release: string): Endpoint[] => [
  { name: 'strimzi', pod: { namespace: release, labels: { 'strimzi.io/kind': 'cluster-operator' } } },
  { name: 'cloudnative-pg', pod: { namespace: release, labels: { 'app.kubernetes.io/name': 'cloudnative-pg' } } },
  { name: 'keda', pod: { namespace: release, labels: { app: 'keda-operator' } } },
  { name: 'prometheus', pod: { namespace: 'monitoring', labels: { 'app.kubernetes.io/name': 'prometheus' } } },
  { name: 'clients', pod: { namespace: 'elsewhere', labels: { 'app.kubernetes.io/name': 'kafka' } } },
];
export const strangers = strangersOf('default');
export const outside: Endpoint = { name: 'outside', address: '192.0.2.1' };
