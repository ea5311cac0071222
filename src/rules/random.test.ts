import { createHash } from 'node:crypto';
import { expect, test } from '@jest/globals';
import { draw, drawInteger, drawOrder } from './random.ts';

const seeds = Array.from({ length: 6000 }, (_, number) => `seed ${number}`);

test('a draw is the first 53 bits of SHA-256 over seed, seq and purpose', () => {
  const digest = createHash('sha256').update('séed:12:critical').digest();
  expect(draw('séed', 12, 'critical')).toBe(Number(digest.readBigUInt64BE() >> 11n) / 2 ** 53);
});

test.each([
  ['another seed', draw('b', 1, 'critical')],
  ['another seq', draw('a', 2, 'critical')],
  ['another purpose', draw('a', 1, 'collect')],
])('%s draws another number', (_, other) => {
  expect(draw('a', 1, 'critical')).toBe(draw('a', 1, 'critical'));
  expect(other).not.toBe(draw('a', 1, 'critical'));
});

test('whole numbers are drawn evenly, both ends included', () => {
  const counts = new Map<number, number>();
  for (const seed of seeds) {
    const drawn = drawInteger(seed, 7, 'collect', 50, 54);
    counts.set(drawn, (counts.get(drawn) ?? 0) + 1);
  }
  expect([...counts.keys()].sort()).toEqual([50, 51, 52, 53, 54]);
  for (const count of counts.values()) expect(Math.abs(count - 1200)).toBeLessThan(130);
});

test('every order is drawn equally often, and nothing is lost', () => {
  const counts = new Map<string, number>();
  for (const seed of seeds) {
    const order = drawOrder(seed, 1, 'spawn', ['a', 'b', 'c']).join('');
    counts.set(order, (counts.get(order) ?? 0) + 1);
  }
  expect([...counts.keys()].sort()).toEqual(['abc', 'acb', 'bac', 'bca', 'cab', 'cba']);
  for (const count of counts.values()) expect(Math.abs(count - 1000)).toBeLessThan(120);
});
