import { copyFileSync, cpSync, existsSync, mkdirSync, readFileSync, rmSync, watch, writeFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { build, context, type BuildOptions, type BuildResult } from 'esbuild';

export const root = resolve(import.meta.dirname, '../..');

/** The services that are processes of their own. */
const all = [
  'gateway',
  'game',
  'combat',
  'reward',
  'wallet',
  'inventory',
  'marketplace',
  'leaderboard',
  'notification',
  'dlq',
  'bots',
] as const;
export type ServiceName = (typeof all)[number];
export const services: readonly ServiceName[] = all.filter((name) => existsSync(join(root, 'src', name, 'main.ts')));

/**
 * Packages that stay outside of the bundles: OpenTelemetry instruments packages as they are required, and a native
 * module can't be bundled.
 */
const external = ['koa', '@koa/router', 'pg', 'kafkajs', 'ioredis', 'pino', 'socket.io', '@node-rs/argon2'];

const dist = (service: string) => join(root, 'dist', service);

const common: BuildOptions = {
  absWorkingDir: root,
  bundle: true,
  platform: 'node',
  target: 'node24',
  format: 'cjs',
  minifySyntax: true,
  minifyWhitespace: true,
  legalComments: 'none',
  logLevel: 'warning',
  // What MikroORM finds on disk by `import.meta` is its command line's, which no service has.
  logOverride: { 'empty-import-meta': 'silent' },
};

const serviceBundle = (service: ServiceName): BuildOptions => ({
  ...common,
  entryPoints: [`src/${service}/main.ts`],
  outfile: join(dist(service), 'main.cjs'),
  external,
  metafile: true,
  sourcemap: 'linked',
  sourcesContent: false,
  banner: { js: "if (process.env.OTEL_EXPORTER_OTLP_ENDPOINT) require('./telemetry.cjs');" },
});

const telemetryFile = join(root, 'dist/telemetry.cjs');
let telemetry: Promise<unknown> | undefined;

/** The preload is the same for all services: it is built once. */
const addTelemetry = async (service: ServiceName): Promise<void> => {
  telemetry ??= build({
    ...common,
    entryPoints: ['src/platform/telemetry/tracing.ts'],
    outfile: telemetryFile,
    minify: true,
  });
  await telemetry;
  mkdirSync(dist(service), { recursive: true });
  copyFileSync(telemetryFile, join(dist(service), 'telemetry.cjs'));
};

/**
 * dist/<service>/main.cjs and telemetry.cjs, to be run in this checkout; with `packaged` also node_modules with what
 * they require, so that the folder is all that an image needs.
 */
export const bundleService = async (service: ServiceName, options: { packaged: boolean }): Promise<void> => {
  const [main] = await Promise.all([build(serviceBundle(service)), addTelemetry(service)]);
  rmSync(join(dist(service), 'node_modules'), { recursive: true, force: true });
  if (!options.packaged) return;
  const required = new Set<string>();
  for (const output of Object.values(main.metafile?.outputs ?? {})) {
    for (const { path, external: outside } of output.imports) {
      if (outside === true && external.includes(path)) required.add(path);
    }
  }
  packModules([...required], join(dist(service), 'node_modules'));
  rmSync(join(dist(service), 'main.cjs.map'), { force: true });
};

/**
 * Builds main.cjs again whenever something that it is made of changes, and calls back after each build that succeeded.
 * (esbuild's own watching looks at every file once in two seconds.)
 */
export const watchService = async (service: ServiceName, rebuilt: () => void): Promise<void> => {
  const bundle = await context(serviceBundle(service));
  const inputsOf = (result: BuildResult) => new Set(Object.keys(result.metafile?.inputs ?? {}));
  let inputs: Set<string> | undefined = inputsOf(await bundle.rebuild());
  const rebuild = async () => {
    try {
      inputs = inputsOf(await bundle.rebuild());
    } catch {
      inputs = undefined; // esbuild has said why; any change may be the cure.
      return;
    }
    rebuilt();
  };
  let due: NodeJS.Timeout | undefined;
  watch(join(root, 'src'), { recursive: true }, (_event, file) => {
    if (file === null || (inputs && !inputs.has(join('src', file)))) return;
    clearTimeout(due);
    due = setTimeout(() => void rebuild(), 30); // An editor may write a file in several steps.
  });
};

interface Manifest {
  dependencies?: Record<string, string>;
  optionalDependencies?: Record<string, string>;
}

/** Nothing of this is needed to run: types, sources, maps, docs, browser builds, tests. */
const useless =
  /\.(d\.[cm]?ts|map|md|markdown|flow|ts)$|\/(client-dist|test|tests|docs|example|examples|\.github|esm|types)(\/|$)|\/(LICENSE|license|CHANGELOG)[^/]*$/;
/** An `esm` folder that the package is run from. */
const needed = /\/(socket\.io-parser|engine\.io-parser)\//;

/** Copies packages with all that they depend on, flat where versions allow it. */
const packModules = (names: string[], into: string): void => {
  const copied = new Map<string, string>();
  const copy = (name: string, from: string, target: string): void => {
    const source = findPackage(name, from);
    if (source === undefined) return; // An optional dependency of another platform.
    const flat = join(into, name);
    const already = copied.get(flat);
    const destination = already === undefined || already === source ? flat : join(target, 'node_modules', name);
    if (copied.get(destination) === source) return;
    copied.set(destination, source);
    mkdirSync(destination, { recursive: true });
    cpSync(source, destination, {
      recursive: true,
      dereference: true,
      filter: (file) => {
        const path = `/${name}/${relative(source, file)}`;
        return !path.includes('/node_modules/') && (!useless.test(path) || needed.test(path));
      },
    });
    const manifest = JSON.parse(readFileSync(join(source, 'package.json'), 'utf8')) as Manifest;
    for (const dependency of Object.keys({ ...manifest.dependencies, ...manifest.optionalDependencies })) {
      if (dependency.startsWith('@types/')) continue;
      copy(dependency, source, destination);
    }
  };
  for (const name of names) copy(name, root, into);
  writeFileSync(join(into, '..', 'package.json'), '{ "private": true, "type": "commonjs" }\n');
};

const findPackage = (name: string, from: string): string | undefined => {
  for (let folder = from; ; folder = resolve(folder, '..')) {
    const candidate = join(folder, 'node_modules', name);
    if (existsSync(join(candidate, 'package.json'))) return candidate;
    if (folder === resolve(folder, '..')) return undefined;
  }
};
