import { expect, test } from '@jest/globals';
import { ProcessLifecycle } from './lifecycle.ts';

test('parts stop in the reverse order, each waited for, also when one fails', async () => {
  const lifecycle = new ProcessLifecycle();
  const log: string[] = [];
  lifecycle.signal.addEventListener('abort', () => log.push('draining'));
  lifecycle.onStop('database', () => void log.push('database'));
  lifecycle.onStop('consumer', async () => {
    log.push('consumer…');
    await new Promise(setImmediate);
    log.push('consumer');
  });
  lifecycle.onStop('http', () => Promise.reject(new Error('already closed')));
  await lifecycle.stop();
  await lifecycle.stop();
  expect(log).toEqual(['draining', 'consumer…', 'consumer', 'database']);
});

test('it is ready when every part says so, and never while it drains', async () => {
  const lifecycle = new ProcessLifecycle();
  let there = false;
  lifecycle.readyWhen('kafka', () => there);
  lifecycle.readyWhen('database', () => Promise.reject(new Error('refused')));
  lifecycle.readyWhen('redis', () => {
    throw new Error('no client');
  });
  lifecycle.readyWhen('start', () => Promise.resolve(true));
  expect(await lifecycle.notReady()).toEqual(['kafka', 'database', 'redis']);
  const other = new ProcessLifecycle();
  other.readyWhen('kafka', () => there);
  there = true;
  expect(await other.notReady()).toEqual([]);
  await other.stop();
  expect(await other.notReady()).toEqual(['draining']);
});
