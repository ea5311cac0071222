import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { root, services } from '../bundle.ts';
import { readValues } from '../values.ts';

// A repository of its own with this checkout's files, and some commits on top of each other.
const scratch = mkdtempSync(join(tmpdir(), 'idempo-affected-'));
const git = (...args: string[]) =>
  execFileSync('git', ['-c', 'user.name=test', '-c', 'user.email=test@localhost', ...args], {
    cwd: scratch,
    encoding: 'utf8',
  }).trim();

const edit = (file: string, change: (text: string) => string) =>
  writeFileSync(join(scratch, file), change(readFileSync(join(scratch, file), 'utf8')));
const comment = (file: string) => () => appendFileSync(join(scratch, file), '\n// changed\n');

/** What each commit does. */
const commits = {
  'a file of wallet': comment('src/wallet/holds.ts'),
  'a file of the platform': comment('src/platform/redis.ts'),
  'a test of a service': comment('src/wallet/holds.test.ts'),
  'a page of the docs': comment('docs/architecture.md'),
  "the chart's values": comment('values.yaml'),
  'a package of Kafka': () =>
    edit('package-lock.json', (lock) => lock.replace(/("node_modules\/kafkajs": \{\s+"version": ")/, '$10')),
  'a package for tests': () =>
    edit('package-lock.json', (lock) => lock.replace(/("node_modules\/jest": \{\s+"version": ")/, '$10')),
  'the page': comment('src/web/home/Home.tsx'),
  'the Dockerfile of services': comment('images/service.Dockerfile'),
};

/** The images that each commit affects. */
let affected: Record<string, string[]>;

beforeAll(() => {
  const files = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
    cwd: root,
    encoding: 'utf8',
  });
  for (const file of files.split('\0').filter(Boolean)) {
    mkdirSync(dirname(join(scratch, file)), { recursive: true });
    cpSync(join(root, file), join(scratch, file));
  }
  symlinkSync(join(root, 'node_modules'), join(scratch, 'node_modules'));
  git('init', '--quiet');
  git('add', '.');
  const commit = (message: string) => {
    git('commit', '--quiet', '--all', '--message', message);
    return git('rev-parse', 'HEAD');
  };
  const history = [commit('as it is')];
  for (const [message, change] of Object.entries(commits)) {
    change();
    history.push(commit(message));
  }
  // The bundler takes seconds: it is asked once, and git goes from commit to commit.
  const program = `
    const { affectedImages } = await import('./scripts/lib/images/affected.ts');
    const { imageSources } = await import('./scripts/lib/images/sources.ts');
    const { execFileSync } = await import('node:child_process');
    const sources = await imageSources();
    const of = (base, commit) => {
      execFileSync('git', ['checkout', '--quiet', commit]);
      return affectedImages(base, sources);
    };
    const history = ${JSON.stringify(history)};
    console.log(JSON.stringify(history.slice(1).map((commit, index) => of(history[index], commit))));`;
  const output = execFileSync(process.execPath, ['--input-type=module', '--eval', program], {
    cwd: scratch,
    encoding: 'utf8',
  });
  const found = JSON.parse(output) as string[][];
  affected = Object.fromEntries(Object.keys(commits).map((name, index) => [name, found[index] ?? []]));
}, 240_000);
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

const values = readValues();
const expected: Record<keyof typeof commits, string[]> = {
  'a file of wallet': ['wallet'],
  // dlq's image has the Job too that looks after stores outside.
  'a file of the platform': services.filter((service) => values[service].redis || service === 'dlq'),
  'a test of a service': [],
  'a page of the docs': [],
  "the chart's values": [],
  'a package of Kafka': services.filter((service) => values[service].kafka),
  'a package for tests': [],
  'the page': ['web'],
  'the Dockerfile of services': [...services],
};

test.each(Object.entries(expected))('a commit that changes %s affects the images %j', (commit, images) => {
  expect(affected[commit]).toEqual(images);
});
