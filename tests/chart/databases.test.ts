import { describe, expect, test } from '@jest/globals';
import { containersOf, ofKind, podsOf, render } from './chart.ts';

const keys = ['game', 'inventory', 'marketplace', 'wallet'];

describe('TLS in the cloud', () => {
  test('every pod with a database verifies its certificate and its name, by a CA that is mounted', async () => {
    const withDatabase = podsOf(await render('cloud')).filter((pod) =>
      containersOf(pod).some(({ env = [] }) => env.some(({ name }) => name === 'DATABASE_HOST')),
    );
    expect(withDatabase.length).toBeGreaterThan(8);
    for (const pod of withDatabase) {
      const database = /^(\w+)-db/.exec(variable(containersOf(pod), 'DATABASE_HOST')[0] ?? '')?.[1] ?? '';
      expect(keys).toContain(database);
      for (const container of containersOf(pod)) {
        expect(variable([container], 'DATABASE_TLS')).toEqual(['verify-full']);
        expect(variable([container], 'DATABASE_TLS_CA_FILE')).toEqual(['/certificates/database/ca.crt']);
        expect(container.volumeMounts).toContainEqual({
          name: 'certificates-database',
          mountPath: '/certificates/database',
          readOnly: true,
        });
      }
      expect(pod.spec.volumes).toContainEqual({
        name: 'certificates-database',
        secret: { secretName: `idempo-database-${database}-ca`, items: [{ key: 'ca.crt', path: 'ca.crt' }] },
      });
    }
  });

  test('without verification nothing is mounted or copied', async () => {
    const objects = await render('cloud', ...keys.map((key) => `databases.${key}.tls=require`));
    const volumes = podsOf(objects).flatMap(({ spec }) => spec.volumes ?? []);
    expect(volumes.filter(({ name }) => name === 'certificates-database')).toEqual([]);
    expect(JSON.stringify(ofKind(objects, 'ConfigMap'))).not.toContain('db-ca');
  });
});

const variable = (containers: ReturnType<typeof containersOf>, name: string) =>
  containers.flatMap(({ env = [] }) => env.filter((each) => each.name === name).map(({ value }) => value));
