import { describe, expect, test } from '@jest/globals';
import { containersOf, ofKind, overlays, podsOf, render, type Manifest, type Pod } from './chart.ts';

interface Plan {
  create: boolean;
  labels: Record<string, string>;
  readers: { name: string; job?: boolean; variables: Record<string, { secret: string; key: string }> }[];
  credentials: {
    name: string;
    namespace?: string;
    generate?: Record<string, string>;
    fixed?: Record<string, string>;
    brought?: string[];
    copy?: { namespace: string; name: string; both?: boolean; rolls?: string };
  }[];
}

const planOf = (objects: Manifest[]): Plan => {
  const map = ofKind(objects, 'ConfigMap').find(({ metadata }) => metadata.name === 'idempo-credentials');
  return JSON.parse(map?.data?.['plan.json'] ?? '{}') as Plan;
};

/** namespace/name/key of everything that the plan brings about. */
const provided = ({ credentials, readers }: Plan): Set<string> =>
  new Set([
    ...credentials.flatMap(({ namespace = 'idempo', name, generate = {}, fixed = {}, brought = [], copy }) =>
      [...Object.keys(generate), ...Object.keys(fixed), ...brought].flatMap((key) => [
        `${namespace}/${name}/${key}`,
        ...(copy === undefined ? [] : [`${copy.namespace}/${copy.name}/${key}`]),
      ]),
    ),
    ...readers.flatMap(({ name, variables }) =>
      Object.keys(variables).map((variable) => `idempo/${name}-credentials/${variable}`),
    ),
  ]);

/** The Secrets that the pods of a workload mount, with the files in them. */
const mounted = (pod: Pod): string[] =>
  (pod.spec.volumes ?? []).flatMap(({ name, secret }) => {
    if (secret === undefined) return [];
    if (secret.items) return secret.items.map(({ key }) => `${pod.namespace}/${secret.secretName}/${key}`);
    // All of it: what the containers are told to read there.
    const files = containersOf(pod).flatMap(({ env = [], volumeMounts = [] }) => {
      const folder = volumeMounts.find((mount) => mount.name === name)?.mountPath ?? 'nowhere';
      return env.flatMap(({ value = '' }) => (value.startsWith(`${folder}/`) ? [value.slice(folder.length + 1)] : []));
    });
    return files.map((file) => `${pod.namespace}/${secret.secretName}/${file}`);
  });

describe.each(overlays)('%s', (overlay) => {
  test('every Secret that a pod, a Kafka user or a database asks for is provided', async () => {
    const objects = await render(overlay);
    const has = provided(planOf(objects));
    const asked = [
      ...podsOf(objects).flatMap(mounted),
      ...ofKind(objects, 'KafkaUser').map(({ metadata }) => `kafka/idempo-kafka-${metadata.name}/password`),
      ...ofKind(objects, 'Cluster').flatMap(({ spec }) => {
        const { bootstrap, managed } = spec as {
          bootstrap: { initdb: { secret: { name: string } } };
          managed: { roles: { passwordSecret: { name: string } }[] };
        };
        const names = [bootstrap.initdb.secret.name, ...managed.roles.map(({ passwordSecret }) => passwordSecret.name)];
        return names.flatMap((name) => [`databases/${name}/username`, `databases/${name}/password`]);
      }),
    ];
    expect(asked.length).toBeGreaterThan(60);
    expect(asked.filter((each) => !has.has(each))).toEqual([]);
  });

  test('a Secret of a workload has what its pods read, from Secrets of the plan, and its Deployment is rolled', async () => {
    const objects = await render(overlay);
    const { readers, credentials } = planOf(objects);
    const begin = new Set(
      credentials.flatMap(({ name, generate = {} }) => Object.keys(generate).map((key) => `${name}/${key}`)),
    );
    for (const { name, job = false, variables } of readers) {
      const pod = podsOf(objects).find((each) => (job ? each.name.startsWith(`${name}-`) : each.name === name));
      if (pod === undefined) throw new Error(`no pod of ${name}`);
      const read = mounted(pod).filter((each) => each.includes('-credentials/'));
      const files = Object.keys(variables).map((variable) => `idempo/${name}-credentials/${variable}`);
      expect(new Set(read)).toEqual(new Set(files));
      for (const { secret, key } of Object.values(variables)) expect(begin).toContain(`${secret}/${key}`);
      expect(pod.kind).toBe(job ? 'Job' : 'Deployment');
    }
    const rolled = ofKind(objects, 'Role')
      .filter(({ metadata }) => metadata.name === 'idempo-credentials')
      .flatMap(({ rules = [] }) => rules.filter(({ resources }) => resources.includes('deployments')));
    expect(new Set(rolled.flatMap(({ verbs }) => verbs))).toEqual(new Set(['get', 'patch']));
    expect(rolled.flatMap(({ resourceNames = [] }) => resourceNames).toSorted()).toEqual(
      [
        ...readers.filter(({ job }) => job !== true).map(({ name }) => name),
        ...credentials.flatMap(({ copy }) => copy?.rolls ?? []),
      ].toSorted(),
    );
  });

  test('no pod of ours has a Secret in its environment, where it would stay what it was', async () => {
    for (const pod of podsOf(await render(overlay)))
      for (const { env = [], name } of containersOf(pod))
        for (const each of env)
          expect([name, each.name, each.valueFrom?.secretKeyRef]).toEqual([name, each.name, undefined]);
  });

  test('the Job may touch these Secrets and no other', async () => {
    const objects = await render(overlay);
    const has = provided(planOf(objects));
    for (const { metadata, rules = [] } of ofKind(objects, 'Role')) {
      if (metadata.name !== 'idempo-credentials') continue;
      const secrets = rules.filter(({ resources }) => resources.includes('secrets'));
      const names = secrets.flatMap(({ resourceNames = [] }) => resourceNames);
      const expected = [...has]
        .filter((each) => each.startsWith(`${metadata.namespace ?? ''}/`))
        .map((each) => each.split('/')[1]);
      expect(names.toSorted()).toEqual([...new Set(expected)].toSorted());
    }
  });
});

test('the local values make credentials, the cloud values expect them', async () => {
  expect(planOf(await render('local')).create).toBe(true);
  expect(planOf(await render('cloud')).create).toBe(false);
});

test('no value of a credential is in the plan', async () => {
  for (const { generate = {} } of planOf(await render('local')).credentials)
    for (const kind of Object.values(generate)) expect(['password', 'ed25519']).toContain(kind);
});

test('of what begins with an operator the Job may read the Secret, and copies the public half alone', async () => {
  const objects = await render('cloud');
  const begun = planOf(objects).credentials.filter(({ namespace }) => namespace !== undefined);
  expect(begun.length).toBeGreaterThan(0);
  for (const { namespace, name, brought, generate } of begun) {
    expect({ brought, generate }).toEqual({ brought: ['ca.crt'] });
    const role = ofKind(objects, 'Role').find(
      ({ metadata }) => metadata.name === 'idempo-credentials' && metadata.namespace === namespace,
    );
    const verbs = role?.rules?.filter(({ resourceNames = [] }) => resourceNames.includes(name)).map((one) => one.verbs);
    expect(verbs).toEqual([['get']]);
  }
});

test('what was changed is handed on without a release, by the same script', async () => {
  const objects = await render('cloud');
  const pods = podsOf(objects).filter(({ name }) => name.startsWith('idempo-credentials'));
  expect(pods.map(({ kind }) => kind).toSorted()).toEqual(['CronJob', 'Job']);
  expect(pods[0]?.spec).toEqual(pods[1]?.spec);
  expect(ofKind(objects, 'CronJob').map(({ spec }) => spec)).toMatchObject([
    { schedule: '*/5 * * * *', concurrencyPolicy: 'Forbid' },
  ]);
  expect(ofKind(await render('local', 'secrets.rotation.schedule='), 'CronJob')).toEqual([]);
});

test('Redis takes two passwords while they change; Grafana is rolled', async () => {
  const { credentials } = planOf(await render('local', 'monitoring.grafana.deploy=true'));
  const copies = credentials.flatMap(({ copy }) => copy ?? []);
  expect(copies.filter(({ both }) => both === true).map(({ name }) => name)).toEqual(['idempo-redis']);
  expect(copies.filter(({ rolls }) => rolls !== undefined)).toEqual([
    { namespace: 'monitoring', name: 'idempo-grafana', rolls: 'grafana' },
  ]);
});

test("one's own Secret takes the place of each", async () => {
  const objects = await render(
    'cloud',
    'kafka.users.game.existingSecret=mine-1',
    'databases.game.roles.game.existingSecret=mine-2',
    'redis.existingSecret=mine-3',
    'gateway.jwt.existingSecret=mine-4',
    'game.matchToken.existingSecret=mine-5',
    'bots.signIn.existingSecret=mine-6',
    'dlq.operator.existingSecret=mine-7',
  );
  const mine = [1, 2, 3, 4, 5, 6, 7].map((number) => `mine-${String(number)}`);
  const names = planOf(objects).credentials.map(({ name }) => name);
  expect(names).toEqual(expect.arrayContaining(mine));
  const behind = planOf(objects).readers.flatMap(({ variables }) =>
    Object.values(variables).map(({ secret }) => secret),
  );
  expect(behind).toEqual(expect.arrayContaining(mine));
});

test('a service that is off needs no Secret', async () => {
  const objects = await render('cloud', 'bots.enabled=false', 'dlq.enabled=false');
  const names = planOf(objects).credentials.map(({ name }) => name);
  expect(names).toContain('idempo-jwt');
  expect(names).not.toContain('idempo-bots');
  expect(names).not.toContain('idempo-dlq');
  const gateway = podsOf(objects).find(({ name }) => name === 'api-gateway');
  expect(gateway?.spec.containers[0]?.env?.map(({ name }) => name)).not.toContain('BOT_SECRET_FILE');
});

test('Secrets that are made lack the label by which Argo CD 2 would prune them', async () => {
  const { labels } = planOf(await render('local'));
  expect(labels).toMatchObject({ 'app.kubernetes.io/managed-by': 'idempo-credentials', 'idempo/release': 'idempo' });
  expect(labels).not.toHaveProperty(['app.kubernetes.io/instance']);
});

test('without keepData all Secrets that were made go on uninstall, those of an earlier version too', async () => {
  const objects = await render('local', 'global.keepData=false');
  const map = ofKind(objects, 'ConfigMap').find(({ metadata }) => metadata.name === 'idempo-cleanup');
  const { steps } = JSON.parse(map?.data?.['plan.json'] ?? '{}') as {
    steps: { collections: { path: string; selector: string }[] }[];
  };
  const made = 'app.kubernetes.io/part-of=idempo,app.kubernetes.io/managed-by=idempo-credentials';
  for (const namespace of ['idempo', 'kafka', 'databases'])
    for (const release of ['idempo/release=idempo', 'app.kubernetes.io/instance=idempo'])
      expect(steps.at(-1)?.collections).toContainEqual({
        path: `/api/v1/namespaces/${namespace}/secrets`,
        selector: `${made},${release}`,
      });
});
