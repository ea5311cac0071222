import { expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { currentReadme, currentValuesFile, readmeFile, valuesFile } from './file.ts';
import { tables, unexplained } from './tables.ts';

test('docs/values.md says what values.yaml does (node scripts/lib/values-docs/file.ts writes it)', () => {
  expect(readFileSync(valuesFile, 'utf8')).toBe(currentValuesFile());
});

test('so does the table in README.md (the same command writes it)', () => {
  expect(readFileSync(readmeFile, 'utf8')).toBe(currentReadme());
});

test('every value has a comment, above it or above its block', () => {
  expect(unexplained()).toEqual([]);
});

const lines = new Map(tables().flatMap((table) => table.lines.map((line) => [line.path, line])));

test('blocks that are alike are told once, with what differs', () => {
  expect(lines.get('<service>.preStopSeconds')?.value).toBe('`12`; combat, reward, bots: `0`');
  expect(lines.get('databases.<database>.storage')?.value).toBe('`5Gi`');
  expect(lines.get('databases.<database>.external.host')?.value).toBe('`""`');
  expect([...lines.keys()].filter((path) => /^(databases\.wallet|combat)\./.test(path))).toEqual([
    'databases.wallet.roles.wallet',
  ]);
});

test('what one service alone has is told too', () => {
  expect(lines.get('gateway.trustedProxies')).toMatchObject({ value: '`1`' });
  expect(lines.get('gateway.replicas')).toBeUndefined();
});
