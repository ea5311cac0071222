import { expect, test } from '@jest/globals';
import { parseLimit } from './rate-limits.ts';

test('a limit is requests over seconds', () => {
  expect(parseLimit('300/10')).toEqual({ points: 300, seconds: 10 });
  for (const wrong of ['', '300', '0/10', '10/0', '-1/10', '1.5/10', '10 / 10', '10/10s'])
    expect(parseLimit(wrong)).toBeNull();
});
