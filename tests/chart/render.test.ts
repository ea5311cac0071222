import { describe, expect, test } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { parse } from 'yaml';
import { services } from '../../scripts/lib/bundle.ts';
import { readValues } from '../../scripts/lib/values.ts';
import { helm, ofKind, overlays, packaged, render, root } from './chart.ts';
import { external } from './external.ts';

const identity = ({ kind, metadata }: { kind: string; metadata: { name: string; namespace?: string } }) =>
  `${kind} ${metadata.namespace ?? '-'}/${metadata.name}`;

describe.each(overlays)('the %s rendering', (overlay) => {
  test('passes helm lint --strict', async () => {
    await expect(helm('lint', overlay)).resolves.toMatch('0 chart(s) failed');
  });

  test('is the same twice', async () => {
    expect(await helm('template', overlay)).toBe(await helm('template', overlay));
  });

  test('has every object once, in a namespace of ours, with labels', async () => {
    const objects = await render(overlay);
    expect(objects.map(identity).toSorted()).toEqual([...new Set(objects.map(identity))].toSorted());
    for (const each of objects) {
      if (each.kind === 'Namespace') continue;
      // Who may ask the nodes is said for the whole cluster.
      if (each.kind.startsWith('ClusterRole')) continue;
      expect(['idempo', 'kafka', 'databases', 'monitoring']).toContain(each.metadata.namespace);
      expect(each.metadata.labels).toMatchObject({ 'app.kubernetes.io/part-of': 'idempo' });
    }
  });

  test('holds no Secret and no hook but the clean-up and the test', async () => {
    const objects = await render(overlay);
    expect(ofKind(objects, 'Secret')).toEqual([]);
    const hooks = objects.filter(({ metadata }) => metadata.annotations?.['helm.sh/hook'] !== undefined).map(identity);
    expect(hooks).toEqual(['Pod idempo/idempo-test', 'Job idempo/idempo-cleanup']);
  });

  test('owns no kind of an operator: what a release owns, a rollback or an uninstall takes away', async () => {
    expect(ofKind(await render(overlay), 'CustomResourceDefinition')).toEqual([]);
    // Nor do the operators' charts, of which two keep theirs among their templates.
    const values = parse(readFileSync(join(root, 'values.yaml'), 'utf8')) as Record<string, unknown>;
    expect(values['cloudnative-pg']).toMatchObject({ crds: { create: false } });
    expect(values['keda']).toMatchObject({ crds: { install: false } });
  });

  test('keeps the namespaces that it creates', async () => {
    const namespaces = ofKind(await render(overlay), 'Namespace');
    expect(namespaces.map(({ metadata }) => metadata.name)).toEqual(['databases', 'idempo', 'kafka', 'monitoring']);
    for (const { metadata } of namespaces) expect(metadata.annotations).toEqual({ 'helm.sh/resource-policy': 'keep' });
  });

  test("leaves room for the operators in the release's Secret", async () => {
    // The Secret holds the chart and the rendering, compressed. The budget is 700 KiB; ours may take 100 of them.
    const files = execFileSync(
      'git',
      ['ls-files', '-z', 'templates', 'files', 'values', 'values.yaml', 'values.schema.json'],
      {
        cwd: root,
        encoding: 'utf8',
      },
    );
    const chart = files.split('\0').filter(Boolean);
    const text = execFileSync('cat', chart, { cwd: root });
    const size = Buffer.from(gzipSync(Buffer.concat([text, Buffer.from(await helm('template', overlay))]))).length;
    expect((size * 4) / 3).toBeLessThan(100 * 1024);
  });
});

/** What the platform can be without. */
const values = readValues();
const others = ([...services, 'web'] as const)
  .filter((service) => service !== 'gateway')
  .map((service) => [service, values[service].workload] as const);

describe.each([
  ['default', 'default', []],
  ['cloud', 'cloud', []],
  ['cloud, all stores external', 'cloud', external],
] as const)('with the %s values', (_name, overlay, set) => {
  test.each(others)('%s can be left out, and nothing leads to it', async (service, workload) => {
    const objects = await render(overlay, ...set, `${service}.enabled=false`, 'ingress.enabled=true');
    const named = objects.filter(
      ({ metadata }) => metadata.name.replace(/-(headless|migrate.*|credentials)$/, '') === workload,
    );
    expect(named.map(({ kind, metadata }) => `${kind} ${metadata.name}`)).toEqual([]);
    const [ingress] = ofKind(objects, 'Ingress');
    const names = ofKind(objects, 'Service').map(({ metadata }) => metadata.name);
    for (const [, name] of JSON.stringify(ingress).matchAll(/"service":\{"name":"([^"]+)"/g))
      expect(names).toContain(name);
  });
});

test('the package has the chart and nothing else of the repository', () => {
  const top = new Set(packaged().map((path) => path.split('/')[0]));
  expect([...top].toSorted()).toEqual(
    ['Chart.yaml', 'charts', 'files', 'templates', 'values', 'values.schema.json', 'values.yaml'].toSorted(),
  );
});

test("nothing is created in, or as, the release's own namespace when it is one of ours", async () => {
  const objects = await render('local', 'global.namespaces.services=default');
  expect(ofKind(objects, 'Namespace').map(({ metadata }) => metadata.name)).not.toContain('default');
});

test('namespaces.create=false creates none', async () => {
  expect(ofKind(await render('local', 'namespaces.create=false'), 'Namespace')).toEqual([]);
});

test('with operators and namespaces of others, nothing is cluster-scoped', async () => {
  const objects = await render(
    'cloud',
    'operators={"strimzi":false,"cloudnativePg":false}',
    'namespaces.create=false',
    'preflight.enabled=false',
    'monitoring.prometheus.volumes=false',
  );
  for (const { kind, metadata } of objects) expect(`${kind} in ${String(metadata.namespace)}`).not.toMatch('undefined');
});

test('all namespaces may be one', async () => {
  const one = ['services', 'kafka', 'databases', 'monitoring'].map((key) => `global.namespaces.${key}=one`);
  const objects = await render('local', ...one);
  expect(objects.map(identity).toSorted()).toEqual([...new Set(objects.map(identity))].toSorted());
});

test('the cloud values keep what has data, the local ones keep nothing', async () => {
  const kept = (objects: Awaited<ReturnType<typeof render>>) =>
    objects
      .filter(({ metadata }) => metadata.annotations?.['helm.sh/resource-policy'] === 'keep')
      .map(({ kind }) => kind);
  expect([...new Set(kept(await render('local')))]).toEqual(['Namespace']);
  expect([...new Set(kept(await render('cloud')))].toSorted()).toEqual(
    ['Cluster', 'Kafka', 'KafkaNodePool', 'KafkaTopic', 'KafkaUser', 'Namespace'].toSorted(),
  );
});
