import { globSync } from 'node:fs';
import { join } from 'node:path';
import esbuild, { type BuildOptions } from 'esbuild';
import {
  bundledOf,
  bundledServices,
  displayFont,
  packageOf,
  root,
  services,
  type Bundled,
  type ServiceName,
} from '../bundle.ts';
import { closure, readLock, type Lock } from './lock.ts';

/** Every image of the platform. */
export const images = [...services, 'web'] as const;
export type ImageName = (typeof images)[number];
export const isImage = (name: string): name is ImageName => images.some((image) => image === name);

export const dockerfileOf = (image: ImageName) => `images/${image === 'web' ? 'web' : 'service'}.Dockerfile`;

/** What an image is made of: files of the repository, and packages, by their keys in package-lock.json. */
export interface Sources {
  files: Set<string>;
  packages: Set<string>;
}

/** `node_modules/a/node_modules/@b/c/lib/d.js` → `node_modules/a/node_modules/@b/c`; undefined for a file of our own. */
const packageKey = (file: string): string | undefined => {
  const installed = file.indexOf('node_modules/');
  if (installed < 0) return undefined;
  const name = file.lastIndexOf('node_modules/') + 'node_modules/'.length;
  return file.slice(installed, name) + packageOf(file.slice(name));
};

/** Files of packages are told by their packages: those are what changes. */
const sourcesOf = (lock: Lock, bundled: Bundled[], ...files: string[]): Sources => {
  const all = [...bundled.flatMap((each) => [...each.files]), ...files];
  const own = all.filter((file) => packageKey(file) === undefined);
  const inBundle = all.flatMap((file) => packageKey(file) ?? []);
  const required = bundled.flatMap((each) => [...each.packages]);
  return { files: new Set(own), packages: new Set([...closure(lock, required), ...inBundle]) };
};

/** What files import, whose packages stay out of it. */
const followed = async (
  entryPoints: string[],
  options: Pick<BuildOptions, 'jsx' | 'loader'> = {},
): Promise<Bundled[]> => {
  const { metafile } = await esbuild.build({
    ...options,
    absWorkingDir: root,
    entryPoints,
    outdir: 'dist',
    write: false,
    metafile: true,
    bundle: true,
    platform: 'node',
    format: 'esm',
    packages: 'external',
    logLevel: 'error',
  });
  return entryPoints.map((entry) => bundledOf(metafile, entry));
};

const glob = (...patterns: string[]): string[] =>
  globSync(patterns, { cwd: root, withFileTypes: true, exclude: ['**/*.test.ts', '**/*.test.tsx'] }).flatMap((entry) =>
    entry.isFile() ? [join(entry.parentPath, entry.name).slice(root.length + 1)] : [],
  );

/** The page: Next takes every file of app/ by its name, and what is in public/ as it is. */
export const webSources = async (): Promise<Sources> => {
  const pages = glob('src/web/app/**/*.{ts,tsx}');
  const [page, maker] = await Promise.all([
    followed(['src/web/server/main.ts', 'src/web/next.config.ts', ...pages], {
      jsx: 'automatic',
      loader: { '.woff2': 'empty', '.woff': 'empty', '.svg': 'empty' },
    }),
    followed(['scripts/lib/build-web.ts']),
  ]);
  const assets = glob('src/web/public/**', 'src/web/app/**/*.{svg,png,ico}');
  const settings = ['tsconfig.json', 'src/web/tsconfig.json', dockerfileOf('web')];
  return sourcesOf(readLock(), [...page, ...maker], ...assets, ...settings);
};

const serviceSources = async (): Promise<[ServiceName, Sources][]> => {
  const [bundled, maker] = await Promise.all([bundledServices(), followed(['scripts/lib/images/pack.ts'])]);
  const lock = readLock();
  const sources = (service: ServiceName, each: Bundled) =>
    sourcesOf(lock, [each, ...maker], displayFont, 'tsconfig.json', dockerfileOf(service));
  return [...bundled].map(([service, each]) => [service, sources(service, each)]);
};

/** What each image is made of, the code that makes it included. From the bundler, which knows what is imported. */
export const imageSources = async (): Promise<Map<ImageName, Sources>> => {
  const [web, ofServices] = await Promise.all([webSources(), serviceSources()]);
  return new Map<ImageName, Sources>([...ofServices, ['web', web]]);
};
