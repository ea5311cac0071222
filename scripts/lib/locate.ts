import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, globSync } from 'node:fs';
import { delimiter, join } from 'node:path';

const homebrew = ['/opt/homebrew/opt', '/usr/local/opt'];

/** Newest version first: the folders of PostgreSQL's server programs, which no PATH has. */
const postgresFolders = () =>
  globSync([
    '/usr/lib/postgresql/*/bin',
    '/usr/pgsql-*/bin',
    ...homebrew.map((folder) => `${folder}/postgresql@*/bin`),
  ]).sort((a, b) => Number(/\d+/.exec(b)?.[0]) - Number(/\d+/.exec(a)?.[0]));

const javaFolders = () => [
  ...(process.env.JAVA_HOME === undefined ? [] : [join(process.env.JAVA_HOME, 'bin')]),
  ...homebrew.map((folder) => `${folder}/openjdk/bin`),
];

/** Full path of a program: in the folders given, then in PATH. */
export const locate = (program: string, folders: string[] = []): string | undefined =>
  [...folders, ...(process.env.PATH ?? '').split(delimiter)]
    .map((folder) => join(folder, program))
    .find((path) => existsSync(path));

/** A Java of version 17 or newer. */
export const locateJava = (): string | undefined => {
  const java = locate('java', javaFolders());
  if (java === undefined) return undefined;
  const { stderr, stdout } = spawnSync(java, ['-version'], { encoding: 'utf8' });
  const version = /version "(\d+)/.exec(stderr + stdout)?.[1];
  return Number(version) >= 17 ? java : undefined;
};

export const locatePostgres = () => {
  const postgres = locate('postgres', postgresFolders());
  const initdb = locate('initdb', postgresFolders());
  return postgres !== undefined && initdb !== undefined ? { postgres, initdb } : undefined;
};

export const locateRedis = () => locate('redis-server') ?? locate('valkey-server');

/** Prometheus' own test program; tools.ts brings it. */
export const promtool = (): string => join(import.meta.dirname, '../../.idempo/tools/promtool');
export const locatePromtool = () => locate('promtool') ?? (existsSync(promtool()) ? promtool() : undefined);

export const locateGo = () => locate('go', ['/usr/local/go/bin']);

export const locateChromium = () =>
  locate('chromium') ??
  locate('chromium-browser') ??
  locate('google-chrome') ??
  [
    '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
    '/Applications/Chromium.app/Contents/MacOS/Chromium',
  ].find((path) => existsSync(path));

/** @throws Error with the cure when something is not there. */
export const need = <T>(found: T | undefined, what: string): T => {
  if (found === undefined) throw new Error(`${what} was not found. ./scripts/up installs it, or says how.`);
  return found;
};

/** The number of a user of this system. */
export const userId = (name: string): { uid: number; gid: number } | undefined => {
  try {
    const number = (flag: string) => Number(execFileSync('id', [flag, name], { encoding: 'utf8', stdio: 'pipe' }));
    return { uid: number('-u'), gid: number('-g') };
  } catch {
    return undefined; // No such user.
  }
};
