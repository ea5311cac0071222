import { expect, test } from '@jest/globals';
import { Failure } from './failure.ts';
import { createResource } from './resource.ts';

/** A resource over a server that is played by hand. */
function setup() {
  const asked: { input: string; answer: (text: string) => Promise<void>; fail: () => Promise<void> }[] = [];
  let time = 10_000;
  const resource = createResource(
    (input: string) =>
      new Promise<string>((resolve, reject) => {
        const settled = () => new Promise<void>((done) => setTimeout(done, 0));
        asked.push({
          input,
          answer: (text) => (resolve(text), settled()),
          fail: () => (reject(new Failure('OFFLINE')), settled()),
        });
      }),
    () => time,
  );
  return { resource, asked, pass: (ms: number) => (time += ms) };
}
const ignore = () => undefined;

test('who look at the same ask once, and hear of the answer', async () => {
  const { resource, asked } = setup();
  let heard = 0;
  resource.watch('a', 'a', () => (heard += 1));
  resource.watch('a', 'a', ignore);
  expect(asked).toHaveLength(1);
  expect(resource.snapshot('a')).toMatchObject({ data: null, busy: true });
  await asked[0]?.answer('one');
  expect(resource.snapshot('a')).toEqual({ data: 'one', at: 10_000, problem: null, busy: false });
  expect(heard).toBe(2);
});

test('an answer stays when asking again fails, with the reason', async () => {
  const { resource, asked, pass } = setup();
  resource.watch('a', 'a', ignore);
  await asked[0]?.answer('one');
  pass(5_000);
  resource.refresh();
  await asked[1]?.fail();
  expect(resource.snapshot('a')).toMatchObject({ data: 'one', at: 10_000, busy: false });
  expect(resource.snapshot('a').problem).toMatch(/cannot be reached/);
});

test('only the answer to the last question counts', async () => {
  const { resource, asked } = setup();
  resource.watch('a', 'a', ignore);
  resource.refresh();
  await asked[1]?.answer('new');
  await asked[0]?.answer('old');
  expect(resource.snapshot('a').data).toBe('new');
});

test('a fresh answer is not asked for again, an older one is', async () => {
  const { resource, asked, pass } = setup();
  resource.watch('a', 'a', ignore)();
  await asked[0]?.answer('one');
  resource.watch('a', 'a', ignore)();
  expect(asked).toHaveLength(1);
  pass(3_000);
  resource.watch('a', 'a', ignore);
  expect(asked).toHaveLength(2);
});

test('a refresh forgets what nobody looks at', async () => {
  const { resource, asked } = setup();
  resource.watch('a', 'a', ignore)();
  await asked[0]?.answer('one');
  resource.refresh();
  expect(asked).toHaveLength(1);
  expect(resource.snapshot('a')).toBe(resource.nothing);
});
