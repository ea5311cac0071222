import { execFileSync } from 'node:child_process';
import { isDeepStrictEqual } from 'node:util';
import { root } from '../bundle.ts';
import { parseLock, readLock } from './lock.ts';
import type { ImageName, Sources } from './sources.ts';

const git = (...args: string[]): string =>
  execFileSync('git', args, { cwd: root, encoding: 'utf8', maxBuffer: 2 ** 27 });
const paths = (printed: string): string[] => printed.split('\0').filter(Boolean);

/** Files that differ from a commit, what is not committed included, and where packages differ in package-lock.json. */
const changesSince = (commit: string) => {
  const files = new Set([
    ...paths(git('diff', '--name-only', '-z', commit)),
    ...paths(git('ls-files', '--others', '--exclude-standard', '-z')),
  ]);
  const now = readLock();
  const before = files.has('package-lock.json') ? parseLock(git('show', `${commit}:package-lock.json`)) : now;
  const keys = new Set([...now.keys(), ...before.keys()]);
  const packages = new Set([...keys].filter((key) => !isDeepStrictEqual(before.get(key), now.get(key))));
  return { files, packages };
};

/**
 * The images that are others because of what changed since a commit, or since the work here left its line. A file or package that is
 * gone affects what imported it, which had to change then.
 */
export const affectedImages = (base: string, sources: Map<ImageName, Sources>): ImageName[] => {
  const changed = changesSince(git('merge-base', base, 'HEAD').trim());
  return [...sources].flatMap(([image, { files, packages }]) =>
    [...changed.files].some((file) => files.has(file)) || [...changed.packages].some((key) => packages.has(key))
      ? [image]
      : [],
  );
};
