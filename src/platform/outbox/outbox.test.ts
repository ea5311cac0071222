import { expect, test } from '@jest/globals';
import { z } from 'zod';
import { eventIdFrom } from './outbox.ts';

test('an event id is the same for the same parts, another for others, and a UUID', () => {
  expect(eventIdFrom('outcome', 'a', 'b')).toBe(eventIdFrom('outcome', 'a', 'b'));
  const ids = [['outcome', 'a', 'b'], ['outcome', 'b', 'a'], ['outcome', 'ab'], ['outcomea', 'b'], ['x']].map((parts) =>
    eventIdFrom(...parts),
  );
  expect(new Set(ids).size).toBe(5);
  for (const id of ids) {
    expect(z.uuid().safeParse(id).success).toBe(true);
    expect(id).toMatch(/^.{14}8.{4}[89ab]/);
  }
});
