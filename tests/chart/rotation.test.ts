import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { execFile } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ofKind, render, root } from './chart.ts';
import { KubernetesApi, type Stored } from './kubernetes-api.ts';

/** Real: the script and the plan of the Job; the API is in memory. */
const run = promisify(execFile);
const folder = mkdtempSync(join(tmpdir(), 'idempo-rotation-'));
const api = new KubernetesApi(folder);
let env: Record<string, string>;

const secret = (namespace: string, name: string) => `/api/v1/namespaces/${namespace}/secrets/${name}`;
const deployment = (name: string) => `/apis/apps/v1/namespaces/idempo/deployments/${name}`;
const dataAt = (path: string): Record<string, string> => {
  const data = (api.objects.get(path)?.['data'] ?? {}) as Record<string, string>;
  const entries = Object.entries(data).map(([key, value]) => [key, Buffer.from(value, 'base64').toString()] as const);
  return Object.fromEntries(entries);
};
/** As a user does. */
const change = (name: string, key: string, value: string): void => {
  const before = api.objects.get(secret('idempo', name)) ?? {};
  const data = { ...(before['data'] as Stored), [key]: Buffer.from(value).toString('base64') };
  api.objects.set(secret('idempo', name), { ...before, data });
};
const rotatedAt = (path: string): string | undefined => {
  const object = api.objects.get(path) as {
    spec: { template: { metadata: { annotations?: Record<string, string> } } };
  };
  return object.spec.template.metadata.annotations?.['idempo/rotated-at'];
};
const runJob = async () => {
  const { stdout } = await run(process.execPath, [join(folder, 'credentials.mts')], { env });
  return stdout;
};

const workloads = ['api-gateway', 'bots', 'combat-service', 'dlq-admin', 'game-service', 'inventory-service'].concat([
  'leaderboard-service',
  'marketplace-service',
  'notification-service',
  'reward-service',
  'wallet-service',
]);

beforeAll(async () => {
  env = await api.listen();
  const map = ofKind(await render('local', 'secrets.rotation.waitSeconds=0'), 'ConfigMap').find(
    ({ metadata }) => metadata.name === 'idempo-credentials',
  );
  cpSync(join(root, 'files'), folder, { recursive: true });
  writeFileSync(join(folder, 'plan.json'), map?.data?.['plan.json'] ?? '');
  for (const name of workloads) api.objects.set(deployment(name), { spec: { template: { metadata: {} } } });
  await runJob();
});
afterAll(() => {
  api.close();
  rmSync(folder, { recursive: true });
});

/** What a service may find in its files, and what the store behind it takes, at each moment. */
const gamesKafka = () => {
  const { KAFKA_PASSWORD: current, 'KAFKA_PASSWORD.other': other } = dataAt(
    secret('idempo', 'game-service-credentials'),
  );
  return { current, other, store: dataAt(secret('kafka', 'idempo-kafka-game'))['password'] };
};
const gamesRedis = () => {
  const { REDIS_PASSWORD: current } = dataAt(secret('idempo', 'game-service-credentials'));
  const { password, 'password.other': other } = dataAt(secret('databases', 'idempo-redis'));
  return { current, password, other };
};

describe('a Secret that was changed', () => {
  test('is not there at first: each workload has what it reads, and nothing is rolled', () => {
    const { current, other, store } = gamesKafka();
    expect(current).toMatch(/^[\w-]{32}$/);
    expect({ other, store }).toEqual({ other: undefined, store: current });
    expect(workloads.map((name) => rotatedAt(deployment(name))).filter((at) => at !== undefined)).toEqual([]);
  });

  test('is known to the pods before the store is told; who reads it is rolled, and nobody else', async () => {
    const { current: before } = gamesKafka();
    const moments: ReturnType<typeof gamesKafka>[] = [];
    api.written = () => moments.push(gamesKafka());
    change('idempo-kafka-game', 'password', 'the new one');
    await runJob();
    for (const { current, other, store } of moments) expect([current, other]).toContain(store);
    expect(moments[0]).toEqual({ current: before, other: 'the new one', store: before });
    expect(gamesKafka()).toEqual({ current: 'the new one', other: before, store: 'the new one' });
    expect(workloads.filter((name) => rotatedAt(deployment(name)) !== undefined)).toEqual(['game-service']);
    const at = rotatedAt(deployment('game-service'));
    moments.length = 0;
    await runJob();
    expect(moments).toEqual([]);
    expect(rotatedAt(deployment('game-service'))).toBe(at);
  });

  test('is taken by Redis beside the one before, as long as one service signs in with that', async () => {
    const moments: ReturnType<typeof gamesRedis>[] = [];
    api.written = () => moments.push(gamesRedis());
    change('idempo-redis', 'password', 'the new one');
    await runJob();
    for (const { current, password, other } of moments) expect([password, other]).toContain(current);
    expect(gamesRedis().password).toBe('the new one');
    const rolled = workloads.filter((name) => rotatedAt(deployment(name)) !== undefined);
    expect(rolled).toEqual(['api-gateway', 'game-service', 'leaderboard-service', 'notification-service']);
  });

  test('and is checked by the services themselves: what was signed with the one before is good for an hour', async () => {
    const path = secret('idempo', 'game-service-credentials');
    const before = dataAt(path)['MATCH_TOKEN_SECRET'];
    change('idempo-match-token', 'secret', 'a secret of more than thirty-two characters');
    await runJob();
    expect(dataAt(path)['MATCH_TOKEN_SECRET.other']).toBe(before);
    const object = api.objects.get(path) ?? {};
    const annotations = { 'idempo/rotated-at': new Date(Date.now() - 61 * 60_000).toISOString() };
    api.objects.set(path, { ...object, metadata: { ...(object['metadata'] as Stored), annotations } });
    await runJob();
    expect(dataAt(path)).not.toHaveProperty(['MATCH_TOKEN_SECRET.other']);
    // A store may be told later than that.
    expect(dataAt(path)).toHaveProperty(['KAFKA_PASSWORD.other']);
  });

  test('and is wrong changes nothing, and is named', async () => {
    const before = gamesKafka();
    change('idempo-kafka-game', 'password', 'from a file\n');
    await expect(runJob()).rejects.toThrow('Secret idempo-kafka-game: password ends with a line end');
    expect(gamesKafka()).toEqual(before);
    change('idempo-kafka-game', 'password', before.current ?? '');
  });

  test('leaves no value in the log', async () => {
    change('idempo-jwt', 'privateKey', 'a key that nobody reads');
    const log = await runJob();
    expect(log).toContain('rolling idempo/api-gateway');
    for (const { data = {} } of [...api.objects.values()] as { data?: Record<string, string> }[])
      for (const value of Object.values(data)) {
        const text = Buffer.from(value, 'base64').toString();
        if (text.length > 12) expect(log).not.toContain(text);
      }
  });
});
