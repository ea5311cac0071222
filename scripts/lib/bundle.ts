import { copyFileSync, readFileSync, watch } from 'node:fs';
import { isBuiltin } from 'node:module';
import { join, resolve } from 'node:path';
import esbuild, { type BuildOptions, type Metafile } from 'esbuild';

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
export const displayFont =
  'node_modules/@fontsource-variable/big-shoulders/files/big-shoulders-latin-wght-normal.woff2';

/** All at once: what they share is parsed once. */
const build = async (which: readonly ServiceName[], options: BuildOptions): Promise<Metafile> => {
  const { metafile } = await esbuild.build({
    ...common,
    entryPoints: which.map((service) => ({ in: mainOf(service), out: `${service}/main` })),
    outdir: 'dist',
    outExtension: { '.js': '.cjs' },
    external,
    define: { DISPLAY_FONT: JSON.stringify(readFileSync(join(root, displayFont), 'base64')) },
    banner: { js: "if (process.env.OTEL_EXPORTER_OTLP_ENDPOINT) require('./telemetry.cjs');" },
    ...options,
    metafile: true,
  });
  return metafile;
};

const sourceMaps: BuildOptions = { sourcemap: 'linked', sourcesContent: false };

/** What a bundle is made of, by paths from the root, and the packages that it requires as it runs. */
export interface Bundled {
  files: Set<string>;
  packages: Set<string>;
}

/** `@scope/name/file` → `@scope/name` */
export const packageOf = (path: string): string => path.split('/', path.startsWith('@') ? 2 : 1).join('/');

/** All that is imported from a file on, also what then had no part in the output: after a change it may have. */
export const bundledOf = ({ inputs }: Metafile, entry: string): Bundled => {
  const bundled: Bundled = { files: new Set(), packages: new Set() };
  const add = (file: string): void => {
    if (bundled.files.has(file)) return;
    bundled.files.add(file);
    for (const { path, external: outside } of inputs[file]?.imports ?? []) {
      if (outside !== true) add(path);
      else if (!isBuiltin(path)) bundled.packages.add(packageOf(path));
    }
  };
  add(entry);
  return bundled;
};

const mainOf = (service: ServiceName) => `src/${service}/main.ts`;
const preload = 'src/platform/telemetry/tracing.ts';

const telemetry: BuildOptions = {
  ...common,
  entryPoints: [preload],
  minify: true,
};

/**
 * <dist>/<service>/main.cjs and telemetry.cjs, which is the same for all. With `maps` also the source map, for what runs in this
 * checkout. Answers with what each bundle is made of.
 */
export const bundleServices = async (
  which: readonly ServiceName[],
  { dist = 'dist', maps = true }: { dist?: string; maps?: boolean } = {},
): Promise<Map<ServiceName, Bundled>> => {
  const file = join(root, dist, 'telemetry.cjs');
  const [metafile] = await Promise.all([
    build(which, { outdir: dist, ...(maps ? sourceMaps : {}) }),
    esbuild.build({ ...telemetry, outfile: file }),
  ]);
  for (const service of which) copyFileSync(file, join(root, dist, service, 'telemetry.cjs'));
  return new Map(which.map((service) => [service, bundledOf(metafile, mainOf(service))]));
};

/** What each service is made of, the preload included; writes nothing. */
export const bundledServices = async (): Promise<Map<ServiceName, Bundled>> => {
  const [metafile, traced] = await Promise.all([
    build(services, { write: false }),
    esbuild.build({ ...telemetry, write: false, metafile: true }),
  ]);
  const shared = bundledOf(traced.metafile, preload).files;
  return new Map(
    services.map((service) => {
      const { files, packages } = bundledOf(metafile, mainOf(service));
      return [service, { files: new Set([...files, ...shared]), packages }] as const;
    }),
  );
};

/**
 * Builds again what a change of the sources concerns, and calls back with each service whose build succeeded. (esbuild's
 * own watching looks at every file once in two seconds.)
 */
export const watchServices = async (rebuilt: (service: ServiceName) => void): Promise<void> => {
  const inputs = new Map<ServiceName, Set<string>>();
  const rebuild = async (which: readonly ServiceName[]): Promise<void> => {
    const metafile = await build(which, sourceMaps);
    for (const service of which) inputs.set(service, bundledOf(metafile, mainOf(service)).files);
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
