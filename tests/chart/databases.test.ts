import { describe, expect, test } from '@jest/globals';
import { containersOf, ofKind, podsOf, render, type Manifest } from './chart.ts';

const keys = ['game', 'inventory', 'marketplace', 'wallet'];

const clusters = (objects: Manifest[]) => ofKind(objects, 'Cluster').map(({ spec }) => spec);
const variables = (objects: Manifest[], pod: string) => {
  const found = podsOf(objects).find(({ name }) => name.startsWith(pod));
  const env = found?.spec.containers[0]?.env ?? [];
  return Object.fromEntries(env.map(({ name, value }) => [name, value] as const));
};

describe('in the cloud', () => {
  test('each database has three servers in three zones, and loses nothing with one of them', async () => {
    const all = clusters(await render('cloud'));
    expect(all).toHaveLength(4);
    for (const spec of all) {
      expect(spec).toMatchObject({
        instances: 3,
        postgresql: {
          synchronous: { method: 'any', number: 1, dataDurability: 'required', failoverQuorum: true },
        },
        affinity: { podAntiAffinityType: 'required', topologyKey: 'topology.kubernetes.io/zone' },
        enablePDB: true,
      });
    }
  });

  test('every pod with a database verifies its certificate and its name, by a CA that is mounted', async () => {
    const withDatabase = podsOf(await render('cloud')).filter((pod) =>
      containersOf(pod).some(({ env = [] }) => env.some(({ name }) => name === 'DATABASE_HOST')),
    );
    expect(withDatabase.length).toBeGreaterThan(8);
    for (const pod of withDatabase) {
      const secrets = pod.spec.volumes?.flatMap(({ secret }) => secret?.secretName ?? []);
      for (const { env = [], volumeMounts } of containersOf(pod)) {
        const told = Object.fromEntries(env.map(({ name, value }) => [name, value] as const));
        const database = /^\w+(?=-db)/.exec(told['DATABASE_HOST'] ?? '')?.[0] ?? '';
        expect(keys).toContain(database);
        expect(secrets).toContain(`idempo-database-${database}-ca`);
        expect(told).toMatchObject({
          DATABASE_TLS: 'verify-full',
          DATABASE_TLS_CA_FILE: '/certificates/database/ca.crt',
        });
        expect(volumeMounts).toContainEqual({
          name: 'certificates-database',
          mountPath: '/certificates/database',
          readOnly: true,
        });
      }
    }
  });

  test('services go through a pooler whose name is in the certificate; past it where it cannot do, and to migrate', async () => {
    const objects = await render('cloud');
    for (const { metadata, spec } of ofKind(objects, 'Pooler')) {
      const cluster = metadata.name.replace('-pooler', '');
      expect(spec).toMatchObject({ cluster: { name: cluster }, type: 'rw', pgbouncer: { poolMode: 'transaction' } });
      const of = ofKind(objects, 'Cluster').find((each) => each.metadata.name === cluster);
      expect(of?.spec?.['certificates']).toEqual({ serverAltDNSNames: [`${metadata.name}.databases.svc`] });
    }
    expect(ofKind(objects, 'Pooler').map(({ metadata }) => metadata.name)).toEqual(
      keys.map((key) => `${key}-db-pooler`),
    );
    expect(variables(objects, 'combat-service')).toMatchObject({
      DATABASE_HOST: 'game-db-pooler.databases.svc',
      DATABASE_DIRECT_HOST: 'game-db-rw.databases.svc',
    });
    const migration = variables(objects, 'wallet-service-migrate');
    expect(migration).toMatchObject({ DATABASE_HOST: 'wallet-db-rw.databases.svc' });
    expect(migration).not.toHaveProperty('DATABASE_DIRECT_HOST');
  });

  test('who reads ledger, history or listings reads them from a standby', async () => {
    const objects = await render('cloud');
    const told = podsOf(objects).flatMap(({ kind, name }) => {
      const host = variables(objects, name)['DATABASE_READ_HOST'];
      return kind === 'Deployment' && host !== undefined ? [[name, host] as const] : [];
    });
    expect(Object.fromEntries(told)).toEqual({
      'game-service': 'game-db-ro.databases.svc',
      'wallet-service': 'wallet-db-ro.databases.svc',
      'marketplace-service': 'marketplace-db-ro.databases.svc',
    });
  });
});

test('a single server is reached directly, and has neither pooler nor standby', async () => {
  const objects = await render('local');
  expect(ofKind(objects, 'Pooler')).toEqual([]);
  const told = variables(objects, 'wallet-service');
  expect(told).toMatchObject({ DATABASE_HOST: 'wallet-db-rw.databases.svc', DATABASE_TLS: 'disable' });
  expect(Object.keys(told)).not.toEqual(expect.arrayContaining([expect.stringMatching(/DIRECT|READ|CA_FILE/)]));
});

test('whoever signs in to a database is told its life, and a new one is a new Job of each migration', async () => {
  const told = async (...more: string[]) => {
    const pods = podsOf(await render('cloud', ...more)).map(({ name, spec }) => {
      const env = [...(spec.initContainers ?? []), ...spec.containers].map(
        (container) => new Map((container.env ?? []).map((each) => [each.name, each.value])),
      );
      return [name, env.flatMap((each) => (each.has('DATABASE_NAME') ? [each.get('DATABASE_LIFE')] : []))] as const;
    });
    return new Map(pods.filter(([, lives]) => lives.length > 0));
  };
  const [first, second] = [await told(), await told('databases.life=2')];
  expect(new Set([...first.values()].flat())).toEqual(new Set(['1']));
  expect(new Set([...second.values()].flat())).toEqual(new Set(['2']));
  const jobs = [...first.keys()].filter((name) => name.includes('-migrate-'));
  expect(jobs.length).toBeGreaterThan(3);
  expect(jobs.filter((name) => second.has(name))).toEqual([]);
});

test('without verification nothing is mounted or copied', async () => {
  const objects = await render('cloud', ...keys.map((key) => `databases.${key}.tls=require`));
  const volumes = podsOf(objects).flatMap(({ spec }) => spec.volumes ?? []);
  expect(volumes.filter(({ name }) => name === 'certificates-database')).toEqual([]);
  expect(JSON.stringify(ofKind(objects, 'ConfigMap'))).not.toContain('db-ca');
});

describe('backups', () => {
  const to = (destinationPath: string, more: object = {}) => [
    'preflight.enabled=false',
    `databases.backup=${JSON.stringify({ destinationPath, ...more })}`,
  ];
  const stores = (objects: Manifest[]) =>
    ofKind(objects, 'ObjectStore').map(({ metadata, spec }) => [metadata.name, spec?.['configuration']] as const);

  test('every database is archived to the object storage and backed up at once, then by schedule', async () => {
    const objects = await render('cloud', ...to('s3://bucket/folder', { retention: '14d' }));
    expect(stores(objects).map(([name]) => name)).toEqual(keys.map((key) => `${key}-db`));
    for (const { metadata, spec } of ofKind(objects, 'Cluster')) {
      expect(spec).toMatchObject({
        plugins: [
          {
            name: 'barman-cloud.cloudnative-pg.io',
            isWALArchiver: true,
            parameters: { barmanObjectName: metadata.name, serverName: `${metadata.name}-1` },
          },
        ],
        // What is committed is out of the house after a minute at most.
        postgresql: { parameters: { archive_timeout: '1min' } },
      });
      const scheduled = ofKind(objects, 'ScheduledBackup').find((each) => each.metadata.name === metadata.name);
      expect(scheduled?.spec).toMatchObject({
        cluster: { name: metadata.name },
        schedule: '0 0 2 * * *',
        immediate: true,
        method: 'plugin',
      });
    }
    for (const { spec, metadata } of ofKind(objects, 'ObjectStore')) {
      expect(spec).toMatchObject({ retentionPolicy: '14d' });
      expect(metadata.annotations).toEqual({ 'helm.sh/resource-policy': 'keep' });
    }
  });

  test.each([
    ['s3://b', {}, { s3Credentials: { inheritFromIAMRole: true } }],
    ['gs://b', {}, { googleCredentials: { gkeEnvironment: true } }],
    ['https://a.blob.core.windows.net/c', {}, { azureCredentials: { useDefaultAzureCredentials: true } }],
    [
      's3://b',
      { existingSecret: 'mine', endpointUrl: 'https://minio:9000' },
      {
        endpointURL: 'https://minio:9000',
        s3Credentials: {
          accessKeyId: { name: 'idempo-backup', key: 'accessKeyId' },
          secretAccessKey: { name: 'idempo-backup', key: 'secretAccessKey' },
        },
      },
    ],
    [
      'gs://b',
      { existingSecret: 'mine' },
      { googleCredentials: { applicationCredentials: { name: 'idempo-backup', key: 'serviceAccount' } } },
    ],
    [
      'https://a.blob.core.windows.net/c',
      { existingSecret: 'mine' },
      {
        azureCredentials: {
          storageAccount: { name: 'idempo-backup', key: 'storageAccount' },
          storageKey: { name: 'idempo-backup', key: 'storageKey' },
        },
      },
    ],
  ])('%s with %j signs in as its provider has it', async (destinationPath, more, expected) => {
    const [store] = stores(await render('cloud', ...to(destinationPath, more)));
    expect(store?.[1]).toMatchObject({ destinationPath, ...expected });
  });

  test('a service account for them reaches the servers', async () => {
    const annotations = { 'eks.amazonaws.com/role-arn': 'arn:aws:iam::1:role/backup' };
    for (const spec of clusters(await render('cloud', ...to('s3://b', { serviceAccount: { annotations } }))))
      expect(spec).toMatchObject({ serviceAccountTemplate: { metadata: { annotations } } });
  });

  test.each([
    ['2026-08-01T12:30:00Z', '2026-08-01 12:30:00+00'],
    ['2026-08-01T14:30:00.5+02:00', '2026-08-01 14:30:00.5+02:00'],
  ])('all databases are restored to %s, and write an archive of their own from there', async (instant, written) => {
    const objects = await render(
      'cloud',
      ...to('s3://b'),
      'databases.life=2',
      `databases.recovery.targetTime=${instant}`,
    );
    for (const { metadata, spec } of ofKind(objects, 'Cluster')) {
      const key = metadata.name.replace('-db', '');
      const archive = (life: number) => ({
        barmanObjectName: metadata.name,
        serverName: `${metadata.name}-${String(life)}`,
      });
      expect(spec).toMatchObject({
        bootstrap: {
          recovery: {
            source: 'archive',
            recoveryTarget: { targetTime: written },
            database: `${key}_db`,
            owner: `${key}_owner`,
            secret: { name: `idempo-database-${key}-owner` },
          },
        },
        externalClusters: [{ name: 'archive', plugin: { parameters: archive(1) } }],
        plugins: [{ parameters: archive(2) }],
      });
      expect(spec?.['bootstrap']).not.toHaveProperty('initdb');
    }
  });

  test('without a destination there are none', async () => {
    const objects = await render('cloud');
    expect(ofKind(objects, 'ObjectStore')).toEqual([]);
    expect(ofKind(objects, 'ScheduledBackup')).toEqual([]);
    for (const spec of clusters(objects)) expect(spec).not.toHaveProperty('plugins');
  });
});
