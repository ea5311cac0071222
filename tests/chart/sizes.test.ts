import { describe, expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ofKind, render, root, type Overlay } from './chart.ts';
import { quantity, told, totals } from './totals.ts';

const sizes: Overlay[] = ['local', 'small', 'medium', 'large'];

describe.each(sizes)('the %s values', (size) => {
  test('say what they take in all, and so does docs/sizing.md', async () => {
    const all = told(await render(size));
    const text = readFileSync(join(root, `values/${size}.yaml`), 'utf8').replaceAll(/\n# ?/g, ' ');
    expect(text).toContain(`In all ${all}.`);
    expect(readFileSync(join(root, 'docs/sizing.md'), 'utf8')).toContain(all);
  });
});

test('a size is greater than the one before it, and medium is what the cloud values are', async () => {
  const [small, medium, large] = await Promise.all(
    (['small', 'medium', 'large'] as const).map(async (size) => totals(await render(size), 'least')),
  );
  for (const what of ['cpu', 'memory', 'disk'] as const) {
    expect(small?.[what]).toBeLessThan(medium?.[what] ?? 0);
    expect(medium?.[what]).toBeLessThan(large?.[what] ?? 0);
  }
  expect(await render('medium')).toEqual(await render('cloud'));
});

test('every size is as safe as the cloud values: three of what has data, two of what players wait for', async () => {
  for (const size of ['small', 'medium', 'large'] as const) {
    const objects = await render(size);
    for (const { spec } of ofKind(objects, 'KafkaNodePool')) expect(spec?.['replicas']).toBe(3);
    for (const { spec } of ofKind(objects, 'Cluster')) expect(spec?.['instances']).toBe(3);
  }
});

test('quantities are what Kubernetes takes them for', () => {
  expect(['250m', '2', '1.5Gi', '512Mi'].map(quantity)).toEqual([0.25, 2, 1.5 * 2 ** 30, 2 ** 29]);
  expect(() => quantity('5GB')).toThrow('5GB');
});
