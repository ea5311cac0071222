import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { bundleServices, root, type ServiceName } from '../bundle.ts';
import { closure, readLock, type LockedPackage } from './lock.ts';

/**
 * What images run on: Debian, on either processor. A packed folder has the native packages of both, whatever machine packs it, so
 * that one content, and one tag, is right for all.
 */
const target = { os: 'linux', libc: 'glibc', cpu: ['x64', 'arm64'] };

const isNative = ({ os, cpu }: LockedPackage): boolean => os !== undefined || cpu !== undefined;
const isForTarget = ({ os, cpu, libc }: LockedPackage): boolean =>
  (os?.includes(target.os) ?? true) &&
  (cpu?.some((each) => target.cpu.includes(each)) ?? true) &&
  (libc?.includes(target.libc) ?? true);

/** Nothing of this is needed to run: types, sources, maps, docs, browser builds, tests. */
const useless =
  /\.(d\.[cm]?ts|map|md|markdown|flow|ts)$|\/(client-dist|test|tests|docs|example|examples|\.github|esm|types)(\/|$)|\/(LICENSE|license|CHANGELOG)[^/]*$/;
/** An `esm` folder that the package is run from. */
const needed = /\/(socket\.io-parser|engine\.io-parser)\//;

/** A package of another machine than this, from the registry; kept in .idempo. @throws Error when it is not what is locked. */
const fetchPackage = (name: string, { version = '', integrity = '' }: LockedPackage): string => {
  const folder = join(root, '.idempo/natives', `${name}-${version}`);
  if (existsSync(folder)) return folder;
  const work = `${folder}.${process.pid}`;
  mkdirSync(work, { recursive: true });
  try {
    execFileSync('npm', ['pack', `${name}@${version}`, '--pack-destination', work], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const [archive = ''] = readdirSync(work);
    const [algorithm = ''] = integrity.split('-');
    const digest = createHash(algorithm)
      .update(readFileSync(join(work, archive)))
      .digest('base64');
    if (`${algorithm}-${digest}` !== integrity)
      throw new Error(`${name} ${version} is not the package of package-lock.json: its digest is another.`);
    execFileSync('tar', ['-xzf', archive, '--strip-components=1'], { cwd: work });
    rmSync(join(work, archive));
    renameSync(work, folder);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
  return folder;
};

/** Copies packages with all that they depend on into a folder, laid out as they are installed here. */
const packModules = (packages: Iterable<string>, into: string): void => {
  const lock = readLock();
  for (const key of closure(lock, packages)) {
    const locked = lock.get(key);
    if (locked === undefined || key.includes('/@types/') || !isForTarget(locked)) continue;
    const name = key.slice(key.lastIndexOf('node_modules/') + 'node_modules/'.length);
    const installed = join(root, key);
    const source = isNative(locked) && !existsSync(installed) ? fetchPackage(name, locked) : installed;
    cpSync(source, join(into, key), {
      recursive: true,
      dereference: true,
      filter: (file) => {
        const path = `/${name}/${relative(source, file)}`;
        return !path.includes('/node_modules/') && (!useless.test(path) || needed.test(path));
      },
    });
  }
  writeFileSync(join(into, 'package.json'), '{ "private": true, "type": "commonjs" }\n');
};

/** <dist>/<service> with all that an image needs, and nothing else. */
export const packServices = async (which: readonly ServiceName[], dist: string): Promise<void> => {
  for (const service of which) rmSync(join(root, dist, service), { recursive: true, force: true });
  const bundled = await bundleServices(which, { dist, maps: false });
  rmSync(join(root, dist, 'telemetry.cjs'));
  for (const [service, { packages }] of bundled) packModules(packages, join(root, dist, service));
};
