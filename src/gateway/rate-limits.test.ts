import { expect, test } from '@jest/globals';
import { networkOf, parseLimit } from './rate-limits.ts';

test('a limit is requests over seconds', () => {
  expect(parseLimit('300/10')).toEqual({ points: 300, seconds: 10 });
  for (const wrong of ['', '300', '0/10', '10/0', '-1/10', '1.5/10', '10 / 10', '10/10s'])
    expect(parseLimit(wrong)).toBeNull();
});

test.each([
  ['203.0.113.7', '203.0.113.7'],
  ['::ffff:203.0.113.7', '203.0.113.7'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2'],
  ['2001:DB8:1:2::6', '2001:db8:1:2'],
  ['2001:db8::1', '2001:db8:0:0'],
  ['2001:0db8:0:0:ffff::', '2001:db8:0:0'],
  ['::1', '0:0:0:0'],
  ['unknown', 'unknown'],
])('%s is of %s', (address, network) => {
  expect(networkOf(address)).toBe(network);
});
