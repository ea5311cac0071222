import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { root, services } from '../../scripts/lib/bundle.ts';
import { runFiles } from '../../scripts/lib/leftovers.ts';
import { freePort } from '../../scripts/lib/ports.ts';
import { runningPid } from '../../scripts/lib/process.ts';
import { ownFolder, type OwnFolder } from '../folder.ts';

// Real: ./scripts/up and ./scripts/down, with ports and a folder of their own.
let folder: OwnFolder;
let env: NodeJS.ProcessEnv;
let gateway: string;

/** Runs a command of scripts/ to its end. */
const command = (name: string, args: string[] = [], more: NodeJS.ProcessEnv = {}) =>
  new Promise<{ code: number | null; output: string }>((resolve, reject) => {
    const child = spawn(join(root, 'scripts', name), args, { env: { ...env, ...more } });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (data: Buffer) => (output += data.toString()));
    child.once('error', reject);
    child.once('close', (code) => {
      resolve({ code, output });
    });
  });

const call = (path: string, body: object) =>
  fetch(`${gateway}/api${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });

const everything = ['kafka', 'postgres', 'redis', ...services.map((service) => `${service}-1`), 'web'];

/** What runs of the platform in this folder. */
const running = () => everything.filter((name) => runningPid(join(folder.path, 'run', `${name}.pid`)) !== undefined);

beforeAll(async () => {
  folder = await ownFolder('up');
  const names = ['WEB', 'KAFKA', 'POSTGRES', 'REDIS', ...services.map((service) => service.toUpperCase())];
  const ports = await Promise.all(
    names.map(async (name) => [`IDEMPO_PORT_${name}`, String(await freePort())] as const),
  );
  // A dozen ports in a row, below those that freePort gives.
  const metrics = { IDEMPO_PORT_METRICS: String(10_000 + Math.floor(Math.random() * 4000)) };
  env = { ...process.env, ...Object.fromEntries(ports), ...metrics, IDEMPO_DIR: folder.path, NODE_OPTIONS: '' };
  gateway = `http://127.0.0.1:${env['IDEMPO_PORT_GATEWAY'] ?? ''}`;
});

afterAll(async () => {
  await command('down');
  folder.remove();
});

test('up --detach ends with a page and an API, a second up says where they are, and accounts survive down and up', async () => {
  const first = await command('up', ['--detach']);
  expect(first).toMatchObject({ code: 0, output: expect.stringMatching(/Idempo is up after [\d.]+ s/) });
  const page = await fetch(`http://127.0.0.1:${env['IDEMPO_PORT_WEB'] ?? ''}/`);
  expect(page.status).toBe(200);
  const account = { username: 'survivor', password: 'a long enough password' };
  expect((await call('/auth/register', account)).status).toBe(201);

  const second = await command('up');
  expect(second).toMatchObject({ code: 0, output: expect.stringContaining(`:${env['IDEMPO_PORT_WEB'] ?? ''}`) });

  expect((await command('down')).code).toBe(0);
  expect(running()).toEqual([]);

  expect((await command('up', ['--detach'])).code).toBe(0);
  expect((await call('/auth/login', account)).status).toBe(200);
}, 180_000);

test('a service that dies is started again, and down ends what a killed up has left behind', async () => {
  const pidOf = (name: string) => runningPid(join(folder.path, 'run', `${name}.pid`)) ?? 0;
  const before = pidOf('combat-1');
  process.kill(before, 'SIGKILL');
  const log = runFiles(folder.path).log;
  const again = /starting it again[^]*combat-1 is ready/;
  while (!again.test(readFileSync(log, 'utf8'))) await sleep(50);
  expect(pidOf('combat-1')).not.toBe(before);

  process.kill(runningPid(runFiles(folder.path).pid) ?? 0, 'SIGKILL');
  expect(running()).toEqual(everything);
  expect((await command('down')).output).toContain('left behind');
  expect(running()).toEqual([]);
}, 120_000);

test('a port that is taken is named with the variable that chooses another', async () => {
  const other = createServer();
  await once(other.listen(Number(env['IDEMPO_PORT_GATEWAY']), '127.0.0.1'), 'listening');
  const { code, output } = await command('up');
  other.close();
  expect(code).toBe(1);
  expect(output).toContain(`Port ${env['IDEMPO_PORT_GATEWAY'] ?? ''} (gateway) is taken`);
  expect(output).toContain('IDEMPO_PORT_GATEWAY=');
});

test('Ctrl-C ends all of it, while it starts and when it runs', async () => {
  for (const when of ['postgres is ready', 'Ctrl-C ends all of it.']) {
    // A terminal sends the signal to the whole process group.
    const child = spawn(join(root, 'scripts/up'), { env, detached: true });
    let output = '';
    const ended = new Promise((resolve) => child.once('close', resolve));
    child.stderr.resume();
    await new Promise<void>((resolve, reject) => {
      child.stdout.on('data', (data: Buffer) => {
        output += data.toString();
        if (output.includes(when)) resolve();
      });
      child.once('close', () => {
        reject(new Error(output));
      });
    });
    process.kill(-(child.pid ?? 0), 'SIGINT');
    expect(await ended).toBe(0);
    expect(running()).toEqual([]);
  }
}, 120_000);
