import { expect, test } from '@jest/globals';
import * as ids from './ids.ts';
import { routes } from './routes.ts';

const id = '0198c1de-0f3a-7bcd-8eef-a1b2c3d4e5f6';

test.each(Object.entries(ids))('%s: in capitals it is the same id', (_, schema) => {
  expect(schema.parse(id.toUpperCase())).toBe(id);
  expect(schema.safeParse(id.slice(1)).success).toBe(false);
});

test('an idempotency key in capitals is the same key', () => {
  for (const { headers } of [routes.act, routes.createListing, routes.requestTrade]) {
    expect(headers.parse({ 'x-idempotency-key': id.toUpperCase() })).toEqual({ 'x-idempotency-key': id });
  }
});
