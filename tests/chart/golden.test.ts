import { expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { overlays } from './chart.ts';
import { golden, goldenFile } from './golden.ts';

test.each(overlays)(
  'the %s rendering is the golden one (node tests/chart/golden.ts writes it after a change)',
  async (overlay) => {
    expect(await golden(overlay)).toBe(readFileSync(goldenFile(overlay), 'utf8'));
  },
);
