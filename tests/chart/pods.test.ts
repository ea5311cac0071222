import { describe, expect, test } from '@jest/globals';
import { containersOf, ofKind, overlays, podsOf, render } from './chart.ts';

describe.each(overlays)('every pod of the %s rendering', (overlay) => {
  test('has time to drain after its Service let go of it', async () => {
    for (const { kind, spec } of podsOf(await render(overlay))) {
      if (kind !== 'Deployment') continue;
      const sleeps = spec.containers.map(({ lifecycle }) => lifecycle?.preStop?.sleep?.seconds ?? 0);
      expect(spec.terminationGracePeriodSeconds).toBeGreaterThanOrEqual(25 + Math.max(...sleeps));
    }
  });
});

test('a pod without data leaves a node that is lost after global.unreachableSeconds', async () => {
  const objects = await render('cloud', 'global.unreachableSeconds=7', 'web.tolerations=[{"key":"mine"}]');
  const lost = ['not-ready', 'unreachable'].map((what) => ({
    key: `node.kubernetes.io/${what}`,
    operator: 'Exists',
    effect: 'NoExecute',
    tolerationSeconds: 7,
  }));
  const deployments = podsOf(objects).filter(({ kind }) => kind === 'Deployment');
  expect(deployments.length).toBeGreaterThan(10);
  for (const { name, spec } of deployments)
    expect(spec.tolerations).toEqual(name === 'web' ? [...lost, { key: 'mine' }] : lost);
  for (const { spec } of ofKind(objects, 'Pooler'))
    expect(spec).toMatchObject({ template: { spec: { tolerations: lost } } });
  const [kafka] = ofKind(objects, 'Kafka');
  expect(kafka?.spec).toMatchObject({ entityOperator: { template: { pod: { tolerations: lost } } } });
});

test('no image escapes global.imageRegistry', async () => {
  const registry = 'registry.example.com/mirror';
  const objects = await render(
    'cloud',
    `global.imageRegistry=${registry}`,
    `strimzi-kafka-operator.defaultImageRegistry=${registry}`,
    `cloudnative-pg.image.repository=${registry}/cloudnative-pg/cloudnative-pg`,
    ...['keda', 'metricsApiServer', 'webhooks'].map((part) => `keda.image.${part}.registry=${registry}`),
    `prometheus.server.image.repository=${registry}/prometheus/prometheus`,
    `prometheus.configmapReload.prometheus.image.repository=${registry}/prometheus-operator/prometheus-config-reloader`,
  );
  const images = podsOf(objects).flatMap((pod) => containersOf(pod).map(({ image }) => image));
  const databases = ofKind(objects, 'Cluster').map(({ spec }) => spec?.['imageName']);
  const poolers = ofKind(objects, 'Pooler').map(({ spec }) => (spec?.['pgbouncer'] as { image: string }).image);
  expect(poolers.length).toBeGreaterThan(0);
  for (const image of [...images, ...databases, ...poolers]) expect(image).toMatch(new RegExp(`^${registry}/`));
});

test('a digest wins over a tag', async () => {
  const digest = `sha256:${'a'.repeat(64)}`;
  const pods = podsOf(await render('local', `web.image.digest=${digest}`));
  expect(pods.find(({ name }) => name === 'web')?.spec.containers[0]?.image).toBe(`ghcr.io/idempo/web@${digest}`);
});

test('pull secrets reach every pod', async () => {
  for (const { spec } of podsOf(await render('local', 'global.imagePullSecrets=["pull"]')))
    expect(spec).toMatchObject({ imagePullSecrets: [{ name: 'pull' }] });
});

test('no Service opens a management port', async () => {
  const ports = ofKind(await render('local'), 'Service').flatMap(
    ({ spec }) => spec?.['ports'] as { targetPort: unknown }[],
  );
  for (const { targetPort } of ports) expect([9100, 'management']).not.toContain(targetPort);
});

test("extraEnv replaces the chart's own variable and adds others", async () => {
  const pods = podsOf(await render('local', 'web.extraEnv={"GATEWAY_URL":"http://else","MORE":1}'));
  const env = pods.find(({ name }) => name === 'web')?.spec.containers[0]?.env;
  expect(env).toEqual(
    expect.arrayContaining([
      { name: 'GATEWAY_URL', value: 'http://else' },
      { name: 'MORE', value: '1' },
    ]),
  );
});

test('a migration Job has a new name when what it runs is new', async () => {
  const name = async (...set: string[]) =>
    ofKind(await render('local', ...set), 'Job')
      .map(({ metadata }) => metadata.name)
      .find((each) => each.startsWith('game-service-migrate'));
  expect(await name()).toBe(await name('web.replicas=2'));
  expect(await name()).not.toBe(await name('game.image.tag=next'));
});
