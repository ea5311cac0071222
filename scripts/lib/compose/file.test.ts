import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { root } from '../bundle.ts';
import { composeFile, currentComposeFile } from './file.ts';

const text = readFileSync(composeFile, 'utf8');
const { services } = parse(text, { merge: true, maxAliasCount: -1 }) as {
  services: Record<string, { image: string; profiles?: string[]; ports?: string[] }>;
};
const [always, platform] = [undefined, ['platform']].map((profiles) =>
  Object.keys(services).filter((name) => JSON.stringify(services[name]?.profiles) === JSON.stringify(profiles)),
);

test('compose.yaml is what scripts/lib/compose/file.ts writes', () => {
  expect(text).toBe(currentComposeFile());
});

test('without a profile it has the infrastructure alone, and what fills it', () => {
  const servers = ['kafka', 'game-db', 'wallet-db', 'marketplace-db', 'inventory-db', 'redis'];
  const monitoring = ['prometheus', 'grafana', 'jaeger', 'loki'];
  expect(always?.toSorted()).toEqual([...servers, ...monitoring, 'topics', 'databases'].toSorted());
  expect(platform).toEqual(expect.arrayContaining(['api-gateway', 'game-service', 'dlq-admin', 'web']));
});

test('everything answers at the addresses of the design, on this machine alone', () => {
  const ports = Object.values(services).flatMap((service) => service.ports ?? []);
  for (const port of ports) expect(port).toMatch(/^127\.0\.0\.1:\$\{IDEMPO_PORT_[A-Z_]+:-\d+\}:\d+$/);
  const open = ports.map((port) => Number(/:-(\d+)/.exec(port)?.[1]));
  expect(open).toEqual(expect.arrayContaining([3001, 4000, 3000, 16686, 9090, 8080]));
  expect(new Set(open).size).toBe(open.length);
});

test('every image has a version', () => {
  for (const { image } of Object.values(services)) expect(image).toMatch(/:(\$\{\w+:-)?v?\d[\w.-]*\}?$/);
});

test('no secret is in it: passwords are for one machine, keys are made there', () => {
  expect(text).not.toMatch(/PRIVATE KEY-----|_SECRET: /);
  const passwords = [...text.matchAll(/PASSWORD: (.*)/g)].map(([, value]) => value?.replace(/^"|"?\}?$/g, ''));
  for (const each of passwords) expect(each).toMatch(/^\$\{IDEMPO_PASSWORD:-for-local-use-only/);
});

const hasCompose = spawnSync('docker', ['compose', 'version']).status === 0;

(hasCompose ? describe : describe.skip)('docker compose', () => {
  test.each([[[]], [['--profile', 'platform']]])('takes it, with %j', (profile) => {
    const { status, stderr } = spawnSync('docker', ['compose', ...profile, 'config', '--quiet'], {
      cwd: root,
      encoding: 'utf8',
    });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  });
});
