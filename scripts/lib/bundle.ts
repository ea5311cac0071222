import { copyFileSync, cpSync, existsSync, mkdirSync, readFileSync, rmSync, watch, writeFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import esbuild, { type BuildOptions } from 'esbuild';

export const root = resolve(import.meta.dirname, '../..');

/** The services that are processes of their own. */
export const services = [
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
export type ServiceName = (typeof services)[number];

/**
 * Packages that stay outside of the bundles: OpenTelemetry instruments packages as they are required, and a native
 * module can't be bundled.
 */
const external = ['koa', '@koa/router', 'pg', 'kafkajs', 'ioredis', 'pino', 'socket.io', '@node-rs/argon2'];

const dist = (service: ServiceName) => join(root, 'dist', service);

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

/** The display face of the web page, for the pages of dlq: all that they need is in its bundle. */
const displayFont = (): string =>
  readFileSync(
    join(root, 'node_modules/@fontsource-variable/big-shoulders/files/big-shoulders-latin-wght-normal.woff2'),
    'base64',
  );

/** All at once: what they share is parsed once. */
const build = (which: readonly ServiceName[]) =>
  esbuild.build({
    ...common,
    entryPoints: which.map((service) => ({ in: `src/${service}/main.ts`, out: `${service}/main` })),
    outdir: 'dist',
    outExtension: { '.js': '.cjs' },
    external,
    define: { DISPLAY_FONT: JSON.stringify(displayFont()) },
    metafile: true,
    sourcemap: 'linked',
    sourcesContent: false,
    banner: { js: "if (process.env.OTEL_EXPORTER_OTLP_ENDPOINT) require('./telemetry.cjs');" },
  });
type Built = Awaited<ReturnType<typeof build>>;

const outputOf = ({ metafile }: Built, service: ServiceName) => {
  const output = metafile.outputs[`dist/${service}/main.cjs`];
  if (output === undefined) throw new Error(`esbuild made no bundle of ${service}.`);
  return output;
};

/** The preload is the same for all services. */
const addTelemetry = async (which: readonly ServiceName[]): Promise<void> => {
  const file = join(root, 'dist/telemetry.cjs');
  await esbuild.build({
    ...common,
    entryPoints: ['src/platform/telemetry/tracing.ts'],
    outfile: file,
    minify: true,
  });
  for (const service of which) {
    mkdirSync(dist(service), { recursive: true });
    copyFileSync(file, join(dist(service), 'telemetry.cjs'));
  }
};

/**
 * dist/<service>/main.cjs and telemetry.cjs, to be run in this checkout; with `packaged` also node_modules with what
 * they require, so that the folder is all that an image needs.
 */
export const bundleServices = async (
  which: readonly ServiceName[],
  { packaged }: { packaged: boolean },
): Promise<void> => {
  const [built] = await Promise.all([build(which), addTelemetry(which)]);
  for (const service of which) {
    const modules = join(dist(service), 'node_modules');
    rmSync(modules, { recursive: true, force: true });
    if (!packaged) continue;
    const required = outputOf(built, service).imports.filter((each) => each.external === true);
    packModules([...new Set(required.map(({ path }) => path).filter((path) => external.includes(path)))], modules);
    rmSync(join(dist(service), 'main.cjs.map'), { force: true });
  }
};

/**
 * Builds again what a change of the sources concerns, and calls back with each service whose build succeeded. (esbuild's
 * own watching looks at every file once in two seconds.)
 */
export const watchServices = async (rebuilt: (service: ServiceName) => void): Promise<void> => {
  const inputs = new Map<ServiceName, Set<string>>();
  const rebuild = async (which: readonly ServiceName[]): Promise<void> => {
    const built = await build(which);
    for (const service of which) inputs.set(service, new Set(Object.keys(outputOf(built, service).inputs)));
  };
  await rebuild(services);
  const changed = new Set<ServiceName>();
  const catchUp = async () => {
    const which = [...changed];
    changed.clear();
    if (which.length === 0) return;
    try {
      await rebuild(which);
      which.forEach(rebuilt);
    } catch {
      which.forEach((service) => changed.add(service)); // esbuild has said why; any change may be the cure.
    }
  };
  let building = Promise.resolve();
  let due: NodeJS.Timeout | undefined;
  watch(join(root, 'src'), { recursive: true }, (_event, file) => {
    if (file === null) return;
    const concerned = services.filter((service) => inputs.get(service)?.has(join('src', file)));
    concerned.forEach((service) => changed.add(service));
    if (changed.size === 0) return;
    clearTimeout(due);
    // An editor may write a file in several steps.
    due = setTimeout(() => {
      building = building.then(catchUp);
    }, 30);
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
