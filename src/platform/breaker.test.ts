import { expect, test } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import { Breaker } from './breaker.ts';
import { ApiError } from './errors.ts';

const breaker = (service: string) =>
  new Breaker({ service, target: 'store', timeoutMs: 30, errorPercent: 50, windowMs: 1000, resetMs: 50 });
const fails = () => Promise.reject(new Error('away'));

test('what succeeds, fails or is refused is passed on; a refusal never opens it', async () => {
  const one = breaker('one');
  expect(await one.call(async () => 7)).toBe(7);
  for (let count = 0; count < 10; count++) {
    const refused = one.call(() => Promise.reject(new ApiError('ITEM_NOT_FOUND', 'No such item.')));
    await expect(refused).rejects.toMatchObject({ code: 'ITEM_NOT_FOUND' });
  }
  await expect(one.call(fails)).rejects.toThrow('away');
  expect(one.open).toBe(false);
});

test('one call that fails alone opens nothing, the second does; one of two is not too much', async () => {
  const alone = breaker('alone');
  await expect(alone.call(fails)).rejects.toThrow('away');
  expect(alone.open).toBe(false);
  await expect(alone.call(fails)).rejects.toThrow('away');
  expect(alone.open).toBe(true);
  const half = breaker('half');
  await half.call(async () => undefined);
  await expect(half.call(fails)).rejects.toThrow('away');
  expect(half.open).toBe(false);
});

test('it opens when too much fails or takes too long, refuses at once, and closes with the first success', async () => {
  const two = breaker('two');
  await expect(two.call(fails)).rejects.toThrow('away');
  await expect(two.call(async () => sleep(200))).rejects.toMatchObject({ code: 'ETIMEDOUT' });
  let asked = 0;
  const work = async () => {
    asked++;
  };
  await expect(two.call(work)).rejects.toMatchObject({ code: 'CIRCUIT_OPEN', status: 503 });
  expect(asked).toBe(0);
  await sleep(80);
  await two.call(work);
  expect(two.open).toBe(false);
  await two.call(work);
  expect(asked).toBe(2);
});
