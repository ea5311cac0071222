import { describe, expect, test } from '@jest/globals';
import { containersOf, ofKind, overlays, podsOf, render, type Manifest, type PodSpec } from './chart.ts';

interface Plan {
  create: boolean;
  credentials: {
    name: string;
    namespace?: string;
    generate?: Record<string, string>;
    fixed?: Record<string, string>;
    brought?: string[];
    copy?: { namespace: string; name: string };
  }[];
}

const planOf = (objects: Manifest[]): Plan => {
  const map = ofKind(objects, 'ConfigMap').find(({ metadata }) => metadata.name === 'idempo-credentials');
  return JSON.parse(map?.data?.['plan.json'] ?? '{}') as Plan;
};

/** namespace/name/key of everything that the plan brings about. */
const provided = ({ credentials }: Plan): Set<string> =>
  new Set(
    credentials.flatMap(({ namespace = 'idempo', name, generate = {}, fixed = {}, brought = [], copy }) =>
      [...Object.keys(generate), ...Object.keys(fixed), ...brought].flatMap((key) => [
        `${namespace}/${name}/${key}`,
        ...(copy === undefined ? [] : [`${copy.namespace}/${copy.name}/${key}`]),
      ]),
    ),
  );

describe.each(overlays)('%s', (overlay) => {
  test('every Secret that a pod, a Kafka user or a database asks for is provided', async () => {
    const objects = await render(overlay);
    const has = provided(planOf(objects));
    const asked = [
      ...podsOf(objects).flatMap((pod) =>
        containersOf(pod).flatMap(({ env = [] }) =>
          env.flatMap(({ valueFrom }) => {
            const ref = valueFrom?.secretKeyRef;
            if (ref === undefined || ref.optional === true) return [];
            return [`${pod.namespace}/${ref.name}/${ref.key}`];
          }),
        ),
      ),
      ...podsOf(objects).flatMap(({ spec: { volumes = [] } }) =>
        volumes.flatMap(({ secret }) => secret?.items.map(({ key }) => `idempo/${secret.secretName}/${key}`) ?? []),
      ),
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
    expect(asked.length).toBeGreaterThan(20);
    expect(asked.filter((each) => !has.has(each))).toEqual([]);
  });

  test('the Job may touch these Secrets and no other', async () => {
    const objects = await render(overlay);
    const has = provided(planOf(objects));
    for (const { metadata, rules = [] } of ofKind(objects, 'Role')) {
      if (metadata.name !== 'idempo-credentials') continue;
      const names = rules.flatMap(({ resourceNames = [] }) => resourceNames);
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

test('certificates that are renewed are copied anew, without a release', async () => {
  const [job] = ofKind(await render('cloud'), 'CronJob');
  const { jobTemplate } = job?.spec as { jobTemplate: { spec: { template: { spec: PodSpec } } } };
  expect(jobTemplate.spec.template.spec.containers[0]).toMatchObject({
    command: ['node', '/scripts/credentials.mts'],
    env: expect.arrayContaining([{ name: 'CERTIFICATES_ONLY', value: 'true' }]) as unknown,
  });
  expect(ofKind(await render('local'), 'CronJob')).toEqual([]);
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
  const asked = podsOf(objects).flatMap((pod) =>
    containersOf(pod).flatMap(({ env = [] }) => env.map(({ valueFrom }) => valueFrom?.secretKeyRef?.name)),
  );
  expect(asked).toEqual(expect.arrayContaining(mine));
});

test('a service that is off needs no Secret', async () => {
  const objects = await render('cloud', 'bots.enabled=false', 'dlq.enabled=false');
  const names = planOf(objects).credentials.map(({ name }) => name);
  expect(names).toContain('idempo-jwt');
  expect(names).not.toContain('idempo-bots');
  expect(names).not.toContain('idempo-dlq');
  const gateway = podsOf(objects).find(({ name }) => name === 'api-gateway');
  expect(gateway?.spec.containers[0]?.env?.map(({ name }) => name)).not.toContain('BOT_SECRET');
});
