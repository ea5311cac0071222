import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from '@jest/globals';
import { ProcessLifecycle } from '../../platform/lifecycle.ts';
import { Endpoints, parseEndpoints, type Address } from './endpoints.ts';
import { hashText, prefer } from './rendezvous.ts';

const at = (...hosts: string[]): Address[] => hosts.map((host) => ({ host, port: 4001 }));
const keys = Array.from({ length: 3000 }, (_, index) => `6b8f2c1e-0000-4000-8000-${String(index).padStart(12, '0')}`);
const hostOf = (endpoints: Endpoints, key: string) => endpoints.choose(key)?.host ?? '';

test('endpoints are a name to resolve, or a list of replicas', () => {
  expect(parseEndpoints('dns://game.idempo.svc:4001')).toEqual({ kind: 'dns', host: 'game.idempo.svc', port: 4001 });
  expect(parseEndpoints('http://a:1, http://[::1]:2')).toEqual({
    kind: 'list',
    addresses: [
      { host: 'a', port: 1 },
      { host: '::1', port: 2 },
    ],
  });
  for (const wrong of [
    '',
    'game:4001',
    'http://a',
    'https://a:1',
    'dns://a:1,dns://b:1',
    'http://a:1/path',
    'dns://a',
  ]) {
    expect([wrong, parseEndpoints(wrong)]).toEqual([wrong, null]);
  }
});

test('keys are spread evenly, and alike by every gateway', () => {
  const [one, other] = [new Endpoints(at('a', 'b', 'c', 'd')), new Endpoints(at('d', 'c', 'b', 'a'))];
  const counts = new Map<string, number>();
  for (const key of keys) {
    expect(hostOf(other, key)).toBe(hostOf(one, key));
    counts.set(hostOf(one, key), (counts.get(hostOf(one, key)) ?? 0) + 1);
  }
  for (const count of counts.values()) expect(Math.abs(count - 750)).toBeLessThan(120);
  expect(counts.size).toBe(4);
});

test('when a replica goes only its keys move', () => {
  const [four, three] = [new Endpoints(at('a', 'b', 'c', 'd')), new Endpoints(at('a', 'b', 'd'))];
  for (const key of keys) if (hostOf(four, key) !== 'c') expect(hostOf(three, key)).toBe(hostOf(four, key));
});

test('replicas that differ in one digit are preferred alike often', () => {
  const candidates = Array.from({ length: 8 }, (_, index) => ({ seed: hashText(`http://10.0.0.${index}:4001`) }));
  const counts = candidates.map((each) => keys.filter((key) => prefer(hashText(key), candidates) === each).length);
  for (const count of counts) expect(Math.abs(count - 375)).toBeLessThan(90);
});

test('who does not let us connect is passed over for a second, unless there is nobody else', () => {
  const endpoints = new Endpoints(at('a', 'b'));
  const first = endpoints.choose('key');
  if (!first) throw new Error('no endpoint');
  endpoints.markDown(first);
  const second = endpoints.choose('key');
  expect(second?.host).not.toBe(first.host);
  if (second) endpoints.markDown(second);
  expect(endpoints.choose('key')).toBe(first);
  first.downUntil = Date.now() - 1;
  expect(endpoints.choose('key')).toBe(first);
});

test('without a key any replica is asked, and no tried one before the others', () => {
  const endpoints = new Endpoints(at('a', 'b', 'c'));
  const used = new Set(Array.from({ length: 200 }, () => endpoints.choose(undefined)?.host));
  expect(used.size).toBe(3);
  const tried = new Set([endpoints.choose('key'), endpoints.choose('other')].filter((each) => each !== undefined));
  const next = endpoints.choose('key', tried);
  expect(next && tried.has(next)).toBe(false);
  expect(new Endpoints().choose('key')).toBeUndefined();
});

test('a name is followed: replicas come and go, and what can not be resolved changes nothing', async () => {
  const lifecycle = new ProcessLifecycle();
  let hosts: string[] | Error = ['10.0.0.1', '10.0.0.2'];
  const endpoints = await Endpoints.open({ kind: 'dns', host: 'game', port: 4001 }, lifecycle, async () => {
    if (hosts instanceof Error) throw hosts;
    return hosts;
  });
  const sizeAfterAWhile = async () => {
    await new Promise((resolve) => setTimeout(resolve, 1200));
    return endpoints.size;
  };
  const kept = endpoints.choose('key', new Set());
  expect(endpoints.size).toBe(2);
  hosts = new Error('ENOTFOUND');
  expect(await sizeAfterAWhile()).toBe(2);
  expect(endpoints.choose('key')).toBe(kept);
  hosts = ['10.0.0.1', '10.0.0.2', '10.0.0.3'];
  expect(await sizeAfterAWhile()).toBe(3);
  hosts = ['10.0.0.3'];
  expect(await sizeAfterAWhile()).toBe(1);
  await lifecycle.stop();
});

test('a replica that is no longer named finishes what it has in hand', async () => {
  const server = createServer((_request, response) => {
    setTimeout(() => response.end('done'), 1500);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const lifecycle = new ProcessLifecycle();
  let hosts = ['127.0.0.1'];
  const endpoints = await Endpoints.open({ kind: 'dns', host: 'game', port }, lifecycle, async () => hosts);
  const answer = endpoints.choose('key')?.pool.request({ method: 'GET', path: '/' });
  hosts = ['127.0.0.2'];
  expect(await (await answer)?.body.text()).toBe('done');
  await lifecycle.stop();
  server.close();
});
