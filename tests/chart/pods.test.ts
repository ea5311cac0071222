import { describe, expect, test } from '@jest/globals';
import { containersOf, ofKind, overlays, podsOf, render, type Container } from './chart.ts';

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
  const pull = ['cloudnative-pg', 'strimzi-kafka-operator.image'].map(
    (each) => `${each}.imagePullSecrets=[{"name":"pull"}]`,
  );
  for (const { spec } of podsOf(await render('local', 'global.imagePullSecrets=["pull"]', ...pull)))
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
  const [other] = podsOf(
    await render(
      'local',
      'web.extraEnv={"GATEWAY_URL":{"valueFrom":{"secretKeyRef":{"name":"a","key":"b"}}},"PORT":""}',
    ),
  ).filter(({ name }) => name === 'web');
  expect(other?.spec.containers[0]?.env).toEqual(
    expect.arrayContaining([
      { name: 'GATEWAY_URL', valueFrom: { secretKeyRef: { name: 'a', key: 'b' } } },
      { name: 'PORT', value: '' },
    ]),
  );
});

test("extraEnv with valueFrom takes the place of the chart's own value", async () => {
  const valueFrom = { configMapKeyRef: { name: 'log', key: 'level' } };
  const pods = podsOf(await render('local', `combat.extraEnv=${JSON.stringify({ LOG_LEVEL: { valueFrom } })}`));
  for (const { env } of pods.filter(({ name }) => name === 'combat-service').flatMap(containersOf))
    expect(env?.find(({ name }) => name === 'LOG_LEVEL')).toEqual({ name: 'LOG_LEVEL', valueFrom });
});

test('a large number is written out where it becomes text', async () => {
  const million = 1_000_000;
  const objects = await render(
    'cloud',
    'preflight.enabled=false',
    `web.extraEnv=${JSON.stringify({ BIG: million, SMALL: 0.5, YES: true })}`,
    `combat.autoscaling=${JSON.stringify({ min: 2, max: 8, lag: million })}`,
    // As a values file has it: --set alone makes integers.
    ...['pooler.maxClients', 'parameters.wal_keep_size'].map(
      (key) => `--set-json=databases.game.${key}=${String(million)}`,
    ),
  );
  const env = podsOf(objects).flatMap((pod) => containersOf(pod).flatMap((container) => container.env ?? []));
  const written = { BIG: '1000000', SMALL: '0.5', YES: 'true' };
  for (const [name, value] of Object.entries(written)) expect(env).toContainEqual({ name, value });
  expect(JSON.stringify(objects)).not.toContain('"1e+06"');
});

test("the container that awaits another service's migrations has that one's image, and all else of its own pod", async () => {
  const volume = { name: 'ca', mountPath: '/ca' };
  const objects = await render(
    'local',
    'game.image.tag=next',
    'game.extraVolumes=[{"name":"ca","emptyDir":{}}]',
    `game.extraVolumeMounts=${JSON.stringify([volume])}`,
    'game.writablePaths=["/tmp","/more"]',
    'game.envFrom=[{"secretRef":{"name":"game"}}]',
    'combat.extraEnv={"OF":"combat"}',
  );
  const pod = podsOf(objects).find(({ name }) => name === 'combat-service');
  const [awaiting] = pod?.spec.initContainers ?? [];
  const [own] = pod?.spec.containers ?? [];
  expect(awaiting?.image).toBe('ghcr.io/idempo/game:next');
  const rest = ({ env, volumeMounts }: Container) => ({ env, volumeMounts });
  expect(awaiting && rest(awaiting)).toEqual(own && rest(own));
  expect(awaiting).not.toHaveProperty('envFrom');
});

test.each(overlays)('every container of the %s rendering mounts what its pod has', async (overlay) => {
  const objects = await render(overlay, 'game.writablePaths=["/tmp","/more"]');
  // A StatefulSet brings some of its own.
  for (const pod of podsOf(objects).filter(({ kind }) => kind !== 'StatefulSet')) {
    const volumes = pod.spec.volumes?.map(({ name }) => name) ?? [];
    for (const { volumeMounts = [] } of containersOf(pod))
      expect(volumes).toEqual(expect.arrayContaining(volumeMounts.map(({ name }) => name)));
  }
});

test.each([
  ['local', 'requests'],
  ['local', 'limits'],
  ['cloud', 'requests.memory'],
  ['cloud', 'limits'],
  ['cloud', 'limits.memory'],
] as const)('with the %s values %s of resources may be taken away', async (overlay, taken) => {
  const of = ['kafka.nodes', 'kafka.entityOperator', 'databases.game', 'databases.game.pooler', 'redis', 'gateway'];
  const objects = await render(overlay, ...of.map((each) => `${each}.resources.${taken}=null`));
  const [kind = '', name] = taken.split('.');
  const resources = [
    ...podsOf(objects)
      .filter((pod) => /^(api-gateway|redis)/.test(pod.name))
      .flatMap((pod) => containersOf(pod).filter(({ name: container }) => /redis|api-gateway/.test(container)))
      .map((container) => container.resources),
    ...objects
      .filter(({ kind: each, metadata }) => each === 'KafkaNodePool' && metadata.name === 'brokers')
      .map(({ spec }) => spec?.['resources']),
    ...ofKind(objects, 'Cluster')
      .filter(({ metadata }) => metadata.name === 'game-db')
      .map(({ spec }) => spec?.['resources']),
  ];
  expect(resources.length).toBeGreaterThan(3);
  for (const each of resources) {
    if (name === undefined) expect(each).not.toHaveProperty(kind);
    else expect(each).not.toHaveProperty([kind, name]);
  }
});

test('a migration Job has a new name when what it runs is new', async () => {
  const name = async (...set: string[]) =>
    ofKind(await render('local', ...set), 'Job')
      .map(({ metadata }) => metadata.name)
      .find((each) => each.startsWith('game-service-migrate'));
  expect(await name()).toBe(await name('web.replicas=2'));
  expect(await name()).not.toBe(await name('game.image.tag=next'));
});
