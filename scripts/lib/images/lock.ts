import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { root } from '../bundle.ts';

const names = z.record(z.string(), z.string()).default({});
const lockedPackage = z.object({
  version: z.string().optional(),
  integrity: z.string().optional(),
  // Of packages that are for some machines only.
  os: z.array(z.string()).optional(),
  cpu: z.array(z.string()).optional(),
  libc: z.array(z.string()).optional(),
  dependencies: names,
  optionalDependencies: names,
  peerDependencies: names,
  peerDependenciesMeta: z.record(z.string(), z.object({ optional: z.boolean().default(false) })).default({}),
});
export type LockedPackage = z.infer<typeof lockedPackage>;

/** The packages of a package-lock.json, by where they are: `node_modules/a`, `node_modules/a/node_modules/b`. */
export type Lock = Map<string, LockedPackage>;

export const parseLock = (text: string): Lock =>
  new Map(Object.entries(z.object({ packages: z.record(z.string(), lockedPackage) }).parse(JSON.parse(text)).packages));

export const readLock = (): Lock => parseLock(readFileSync(join(root, 'package-lock.json'), 'utf8'));

/** Where a package finds another: in its own node_modules, or in one of those above. */
const resolve = (lock: Lock, from: string, name: string): string | undefined => {
  for (let place = from; ; place = place.slice(0, Math.max(place.lastIndexOf('/node_modules/'), 0))) {
    const key = place === '' ? `node_modules/${name}` : `${place}/node_modules/${name}`;
    if (lock.has(key)) return key;
    if (place === '') return undefined;
  }
};

const wantedBy = (locked: LockedPackage | undefined): string[] => {
  if (locked === undefined) return [];
  const { dependencies, optionalDependencies, peerDependencies, peerDependenciesMeta } = locked;
  const peers = Object.keys(peerDependencies).filter((name) => peerDependenciesMeta[name]?.optional !== true);
  return [...Object.keys({ ...dependencies, ...optionalDependencies }), ...peers];
};

/** Where these packages and all that they depend on are. */
export const closure = (lock: Lock, packages: Iterable<string>): Set<string> => {
  const found = new Set<string>();
  const add = (from: string, name: string): void => {
    const key = resolve(lock, from, name);
    if (key === undefined || found.has(key)) return;
    found.add(key);
    for (const each of wantedBy(lock.get(key))) add(key, each);
  };
  for (const name of packages) add('', name);
  return found;
};
