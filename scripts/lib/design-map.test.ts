import { expect, test } from '@jest/globals';
import { globSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { root } from './bundle.ts';

const map = readFileSync(join(root, 'docs/design-map.md'), 'utf8');
const named = [...new Set([...map.matchAll(/`([^`\s]+)`/g)].map(([, name = '']) => name))];
const tests = globSync(['src/**/*.test.ts', 'scripts/**/*.test.ts', 'tests/**/*.test.ts'], { cwd: root });

test('the map of the design names files that there are', () => {
  const paths = named.filter((name) => /^(src|scripts|tests|charts|templates|files|images|values|docs)\//.test(name));
  expect(paths.length).toBeGreaterThan(50);
  expect(paths.filter((path) => globSync(path, { cwd: root }).length === 0)).toEqual([]);
  const bare = named.filter((name) => /^[\w-]+(\.\w+)?\.test\.ts$/.test(name));
  expect(bare.filter((name) => !tests.some((file) => basename(file) === name))).toEqual([]);
});

test('the map of the design quotes tests that there are', () => {
  const sources = tests.map((file) => readFileSync(join(root, file), 'utf8')).join('\n');
  // In the tables alone; … stands for the rest of a name.
  const quoted = [...map.matchAll(/(?<=[:,]\s)\*([^*|]+)\*/g)].map(([, name = '']) => name.replace(/ ?…$/, ''));
  expect(quoted.length).toBeGreaterThan(10);
  expect(quoted.filter((name) => !sources.includes(name))).toEqual([]);
});
