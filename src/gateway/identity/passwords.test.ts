import { expect, test } from '@jest/globals';
import { Passwords } from './passwords.ts';

test('a password matches its own hash and no other', async () => {
  const passwords = await Passwords.open({ concurrency: 2, queue: 10 });
  const hash = await passwords.hash('correct horse');
  expect(await passwords.matches('correct horse', hash)).toBe(true);
  expect(await passwords.matches('Correct horse', hash)).toBe(false);
  expect(await passwords.matches('correct horse', null)).toBe(false);
});

test('a flood is worked off a few at a time; whom the queue has no place for is told to come back', async () => {
  const passwords = await Passwords.open({ concurrency: 1, queue: 3 });
  const all = await Promise.allSettled(Array.from({ length: 10 }, () => passwords.hash('correct horse')));
  expect(all.filter(({ status }) => status === 'fulfilled')).toHaveLength(4);
  for (const each of all) {
    if (each.status === 'rejected') expect(each.reason).toMatchObject({ code: 'RATE_LIMITED', retryAfterMs: 1000 });
  }
  expect(await passwords.hash('correct horse')).toContain('$argon2id$');
});
