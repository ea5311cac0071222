import { describe, expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { containersOf, ofKind, overlays, podsOf, render, root, type Manifest, type Overlay } from './chart.ts';
import {
  dependenciesIn,
  mayReach,
  ours,
  outside,
  policiesOf,
  selecting,
  strangers,
  strangersOf,
  type Endpoint,
} from './network.ts';

const cells = (row: string) =>
  row
    .split('|')
    .slice(1, -1)
    .map((cell) => cell.split(',').map((each) => each.trim()));

/** The rows of the table in docs/architecture.md: to whom, on which ports, from whom. */
const documented = readFileSync(join(root, 'docs/architecture.md'), 'utf8')
  .replace(/^.*## Who may reach whom/s, '')
  .replace(/\n## .*$/s, '')
  .split('\n')
  .filter((line) => /^\| (?!To |---)/.test(line))
  .map((row) => {
    const [to = [], ports = [], from = []] = cells(row);
    return { to: to[0] ?? '', ports: ports.map(Number), from };
  });
const ports = [...new Set([...documented.flatMap((each) => each.ports), 22, 80])];

/** A rendering, what it closes in, and those beside it. */
interface Cluster {
  objects: Manifest[];
  mine: Endpoint[];
  beside: Endpoint[];
}

/** What the table says for a rendering, as `from → to:port`. Workloads that this one has not are left out. */
const expected = ({ objects, mine, beside }: Cluster): string[] => {
  const names = [...new Set(mine.map(({ name }) => name))];
  const scaled = ofKind(objects, 'ScaledObject').length > 0;
  const clustered = ofKind(objects, 'Service').some(({ metadata }) => metadata.name === 'redis-nodes');
  const others = beside.map(({ name }) => name).filter((name) => name !== 'keda' || scaled);
  const targets = new Set([...names, outside.name]);
  const present = new Set([...targets, ...others]);
  const services = ofKind(objects, 'Deployment').map(({ metadata }) => metadata.name);
  const databaseOf = (job: string) =>
    podsOf(objects)
      .find(({ labels }) => labels['app.kubernetes.io/name'] === job)
      ?.spec.containers[0]?.env?.find(({ name }) => name === 'DATABASE_HOST')?.value;
  const meant = (name: string, to: string): string[] => {
    if (['the API server', 'name resolution', 'kubelets'].includes(name)) return [outside.name];
    if (name === 'services') return services;
    if (name !== 'migrations') return [name];
    const jobs = names.filter((each) => each.endsWith('-migrate'));
    return jobs.filter((job) => outside.name === meant(to, '')[0] || databaseOf(job)?.startsWith(to));
  };
  const rows = documented.flatMap(({ to, ports: open, from }) =>
    meant(to, '').flatMap((target) =>
      from.flatMap((source) => meant(source, to).flatMap((each) => open.map((port) => [each, target, port] as const))),
    ),
  );
  const tls = JSON.stringify(ofKind(objects, 'Kafka')).includes('"port":9093');
  return rows
    .filter(([from, to]) => present.has(from) && targets.has(to) && (names.includes(from) || names.includes(to)))
    .filter(([, to, port]) => to !== 'kafka' || port !== (tls ? 9092 : 9093))
    .filter(([from]) => from !== 'redis' || clustered)
    .map(([from, to, port]) => `${from} → ${to}:${String(port)}`);
};

/** What the policies allow, tried for every pair and port. */
const allowed = ({ objects, mine, beside }: Cluster): string[] => {
  const policies = policiesOf(objects);
  const found = new Set<string>();
  for (const from of [...mine, ...beside, outside])
    for (const to of [...mine, outside])
      for (const port of ports)
        // What others reach outside is not for us to say.
        if ((mine.includes(from) || mine.includes(to)) && mayReach(policies, from, to, port))
          found.add(`${from.name} → ${to.name}:${String(port)}`);
  return [...found];
};

/** Whoever is not ours may do what everybody may, too: what clients may, and the API server, whose address is not known. */
const withEverybody = ({ beside }: Cluster, flows: string[]): string[] => {
  const open = flows.flatMap((flow) => /^(?:clients|outside)( → .*)$/.exec(flow)?.[1] ?? []);
  return [...new Set([...flows, ...[...beside, outside].flatMap(({ name }) => open.map((flow) => name + flow))])];
};

const clusterOf = async (overlay: Overlay, ...set: string[]): Promise<Cluster> => {
  const objects = await render(overlay, ...set);
  return { objects, mine: ours(objects), beside: strangers };
};

/** Operators and monitoring are in the namespace of the services, too. */
const together = async (): Promise<Cluster> => {
  const address = JSON.stringify([{ ipBlock: { cidr: `${outside.address ?? ''}/32` } }]);
  const objects = await render(
    'cloud',
    '--namespace=idempo',
    ...['grafana', 'jaeger', 'loki'].map((name) => `monitoring.${name}.deploy=true`),
    'global.namespaces.monitoring=idempo',
    ...['prometheus.forceNamespace', 'grafana.namespaceOverride', 'loki.namespaceOverride'].map(
      (key) => `${key}=idempo`,
    ),
    ...['apiServer', 'dns'].map((key) => `networkPolicies.${key}.to=${address}`),
  );
  const brought = dependenciesIn('idempo');
  const names = new Set(brought.map(({ name }) => name));
  const beside = strangersOf('idempo').filter(({ name }) => !names.has(name));
  return { objects, mine: [...ours(objects), ...brought], beside };
};

const variants: [title: string, () => Promise<Cluster>][] = [
  ['local', () => clusterOf('local', 'ingress.enabled=true')],
  ['cloud', () => clusterOf('cloud')],
  ['cloud with Cruise Control', () => clusterOf('cloud', 'kafka.cruiseControl.enabled=true')],
  ['cloud, all in one namespace', together],
];
test.each(variants)('%s: every connection of the architecture is open, and no other', async (_, make) => {
  const cluster = await make();
  const flows = withEverybody(cluster, expected(cluster));
  expect(flows.length).toBeGreaterThan(100);
  expect(allowed(cluster).toSorted()).toEqual(flows.toSorted());
});

describe.each(overlays)('%s', (overlay) => {
  test('every pod is closed by default, and opened by one policy of its own', async () => {
    const objects = await render(overlay);
    for (const endpoint of ours(objects))
      expect({ name: endpoint.name, policies: selecting(policiesOf(objects), endpoint).length }).toEqual({
        name: endpoint.name,
        policies: 2,
      });
  });

  test('whatever address of the cluster a pod is told, it may reach', async () => {
    const objects = await render(overlay);
    const policies = policiesOf(objects);
    const mine = ours(objects);
    const tried: string[] = [];
    for (const pod of podsOf(objects)) {
      const from = { name: pod.name, pod };
      const values = containersOf(pod).flatMap(({ env = [] }) => env.map(({ value = '' }) => value));
      const databasePort = (value: string) => (/-db-\w+\.\w+\.svc$/.test(value) ? `${value}:5432` : value);
      for (const [, service = '', port = ''] of values
        .map(databasePort)
        .flatMap((value) => [...value.matchAll(/([\w-]+)\.[\w-]+\.svc:(\d+)/g)])) {
        const name = service
          .replace(/-headless$/, '')
          .replace(/^idempo-kafka-bootstrap$/, 'kafka')
          .replace(/^redis-nodes$/, 'redis')
          .replace(/-db-(rw|ro|r)$/, '-db');
        const targets = mine.filter((each) => each.name === name);
        expect({ name, known: targets.length > 0 }).toEqual({ name, known: true });
        for (const to of targets)
          expect([pod.name, service, port, mayReach(policies, from, to, Number(port))]).toEqual([
            pod.name,
            service,
            port,
            true,
          ]);
        tried.push(`${pod.name} ${service}`);
      }
    }
    expect(tried.length).toBeGreaterThan(30);
  });
});

const named = (objects: Manifest[], name: string) => {
  const found = [...ours(objects), ...strangers].find((each) => each.name === name);
  if (found === undefined) throw new Error(`no ${name}`);
  return found;
};

test('without an Ingress the gateway is reached through web alone', async () => {
  const objects = await render('local');
  const policies = policiesOf(objects);
  expect(mayReach(policies, named(objects, 'clients'), named(objects, 'api-gateway'), 4000)).toBe(false);
  expect(mayReach(policies, named(objects, 'clients'), named(objects, 'web'), 3001)).toBe(true);
  const opened = policiesOf(await render('local', 'gateway.service.type=LoadBalancer'));
  expect(mayReach(opened, named(objects, 'clients'), named(objects, 'api-gateway'), 4000)).toBe(true);
});

test('ingressFrom and metricsFrom say who may come, apiServer.to and dns.to where one may go', async () => {
  const objects = await render(
    'cloud',
    'networkPolicies.ingressFrom=[{"namespaceSelector":{"matchLabels":{"kubernetes.io/metadata.name":"ingress"}}},{"ipBlock":{"cidr":"192.0.2.7/32"}}]',
    'networkPolicies.metricsFrom=[{"namespaceSelector":{"matchLabels":{"kubernetes.io/metadata.name":"observability"}}}]',
    'networkPolicies.apiServer={"to":[{"ipBlock":{"cidr":"192.0.2.8/32"}}],"ports":[8443]}',
    'networkPolicies.dns={"to":[{"ipBlock":{"cidr":"192.0.2.9/32"}}],"ports":[5353]}',
  );
  const policies = policiesOf(objects);
  const gateway = named(objects, 'api-gateway');
  const job = named(objects, 'idempo-credentials');
  const pod = (namespace: string) => ({ name: 'any', pod: { namespace, labels: {} } });
  const address = (last: number) => ({ name: 'any', address: `192.0.2.${String(last)}` });
  expect(mayReach(policies, pod('ingress'), gateway, 4000)).toBe(true);
  expect(mayReach(policies, address(7), gateway, 4000)).toBe(true);
  expect(mayReach(policies, named(objects, 'clients'), gateway, 4000)).toBe(false);
  expect(mayReach(policies, pod('observability'), gateway, 9100)).toBe(true);
  expect(mayReach(policies, named(objects, 'prometheus'), gateway, 9100)).toBe(false);
  expect(mayReach(policies, job, address(8), 8443)).toBe(true);
  expect(mayReach(policies, job, address(1), 8443)).toBe(false);
  expect(mayReach(policies, gateway, address(9), 5353)).toBe(true);
  expect(mayReach(policies, gateway, address(1), 5353)).toBe(false);
});

test('stores outside are reached on their ports', async () => {
  const objects = await render(
    'cloud',
    'kafka.deploy=false',
    'kafka.external={"bootstrapServers":"a.example.com:9094,b.example.com:9095"}',
    'redis.deploy=false',
    'redis.external.nodes=redis.example.com:6380',
    'databases.wallet.deploy=false',
    'databases.wallet.external={"host":"wallet.example.com","port":5433}',
  );
  const policies = policiesOf(objects);
  const wallet = [9094, 9095, 5433].map((port) => mayReach(policies, named(objects, 'wallet-service'), outside, port));
  expect(wallet).toEqual([true, true, true]);
  expect(mayReach(policies, named(objects, 'wallet-service-migrate'), outside, 5433)).toBe(true);
  expect(mayReach(policies, named(objects, 'game-service'), outside, 6380)).toBe(true);
  expect(mayReach(policies, named(objects, 'game-service'), outside, 5433)).toBe(false);
  // Nothing of ours is there, so it is not ours to close.
  expect(policies.map(({ namespace }) => namespace)).not.toContain('kafka');
});

test('backups reach the object storage, and where a service account gets its sign-in', async () => {
  const reach = async (backup: object) => {
    const objects = await render('cloud', 'preflight.enabled=false', `databases.backup=${JSON.stringify(backup)}`);
    const metadata = { name: 'any', address: '169.254.0.0' };
    const open = (to: Endpoint, ...on: number[]) =>
      on.filter((port) => mayReach(policiesOf(objects), named(objects, 'wallet-db'), to, port));
    return [open(outside, 443, 9000), open(metadata, 80, 988)];
  };
  expect(await reach({ destinationPath: 's3://b' })).toEqual([[443], [80, 988]]);
  expect(await reach({ destinationPath: 's3://b', endpointUrl: 'https://minio:9000', existingSecret: 'mine' })).toEqual(
    [
      // 443 is that of the API server.
      [443, 9000],
      [],
    ],
  );
});

test('operators that come with the release are not closed in when its namespace is one of ours', async () => {
  const objects = await render('local', 'global.namespaces.databases=default');
  const policies = policiesOf(objects);
  for (const name of ['strimzi', 'cloudnative-pg']) {
    const operator = named(objects, name);
    expect(mayReach(policies, operator, outside, 443)).toBe(true);
    expect(mayReach(policies, outside, operator, 9443)).toBe(true);
  }
  expect(mayReach(policies, named(objects, 'strimzi'), named(objects, 'kafka'), 9091)).toBe(true);
});

test('KEDA and monitoring that share a namespace with the platform are closed in, with a policy each for what they need', async () => {
  const { objects, mine } = await together();
  const policies = policiesOf(objects);
  for (const endpoint of mine)
    expect([endpoint.name, selecting(policies, endpoint).length]).toEqual([endpoint.name, 2]);
  const find = (name: string) => mine.find((each) => each.name === name) ?? outside;
  const keda = { name: 'keda', pod: { namespace: 'idempo', labels: { app: 'keda-operator' } } };
  expect(mayReach(policies, find('keda-metrics-apiserver'), keda, 9666)).toBe(true);
  expect(mayReach(policies, keda, find('prometheus'), 9090)).toBe(true);
  expect(mayReach(policies, keda, outside, 443)).toBe(true);
});

test('Jaeger in the namespace of the services takes their traces', async () => {
  const objects = await render(
    'local',
    '--namespace=idempo',
    'monitoring.jaeger.deploy=true',
    'monitoring.grafana.deploy=true',
  );
  const policies = policiesOf(objects);
  const pod = (name: string, namespace: string) => ({
    name,
    pod: { namespace, labels: { 'app.kubernetes.io/name': name } },
  });
  const jaeger = pod('jaeger', 'idempo');
  expect(mayReach(policies, named(objects, 'game-service'), jaeger, 4318)).toBe(true);
  expect(mayReach(policies, pod('grafana', 'monitoring'), jaeger, 16686)).toBe(true);
  expect(mayReach(policies, named(objects, 'clients'), jaeger, 16686)).toBe(false);
});

test("cert-manager's solver is reached by whoever comes to the front door", async () => {
  const ingressFrom = [{ ipBlock: { cidr: '192.0.2.1/32' } }];
  for (const [overlay, ...set] of [['cloud'], ['gke', 'preflight.enabled=false']] as const) {
    const objects = await render(overlay, ...set, `networkPolicies.ingressFrom=${JSON.stringify(ingressFrom)}`);
    const policies = policiesOf(objects);
    const solver = named(objects, 'acme-solver');
    expect(mayReach(policies, outside, solver, 8089)).toBe(true);
    expect(mayReach(policies, named(objects, 'clients'), solver, 8089)).toBe(false);
  }
});

test('operators of the cluster are known wherever they are', async () => {
  const objects = await render('local', 'operators={"strimzi":false,"cloudnativePg":false}', 'preflight.enabled=false');
  const operator = { name: 'any', pod: { namespace: 'platform', labels: { 'strimzi.io/kind': 'cluster-operator' } } };
  expect(mayReach(policiesOf(objects), operator, named(objects, 'kafka'), 9091)).toBe(true);
});

test('enabled=false closes nothing', async () => {
  expect(ofKind(await render('local', 'networkPolicies.enabled=false'), 'NetworkPolicy')).toEqual([]);
});
