import { createHash } from 'node:crypto';
import { cpSync, existsSync, globSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { build } from 'esbuild';
import { execa } from 'execa';

const root = resolve(import.meta.dirname, '../..');
const source = join(root, 'src/web');

/** What Next traces because it might be wanted, and the page does not. */
const useless = [
  'node_modules/sharp',
  'node_modules/@img',
  'node_modules/typescript',
  // Measures of fonts, of use as the page is built.
  'node_modules/next/dist/server/capsize-font-metrics.json',
];

/** A digest of all that the page is made of. */
const digestOfInputs = (): string => {
  const files = globSync(['src/{web,contracts,rules}/**/*', 'package-lock.json', 'scripts/lib/build-web.ts'], {
    cwd: root,
    exclude: ['**/.next', '**/*.test.ts', '**/next-env.d.ts', '**/*.tsbuildinfo'],
    withFileTypes: true,
  });
  const hash = createHash('sha256');
  const paths = files.flatMap((file) => (file.isFile() ? [join(file.parentPath, file.name)] : []));
  for (const path of paths.sort()) hash.update(path).update('\0').update(readFileSync(path)).update('\0');
  return hash.digest('hex');
};

/**
 * Builds the page into a folder (of the repository) that runs by itself: `node server.js`. Does nothing when it holds a build of
 * the same sources.
 */
export const buildWeb = async (outDir: string): Promise<void> => {
  const out = resolve(root, outDir);
  const stamp = join(out, '.inputs');
  const digest = digestOfInputs();
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === digest) return;

  const next = join(root, 'node_modules/next/dist/bin/next');
  const { failed, all } = await execa(process.execPath, [next, 'build', source], {
    cwd: source,
    env: { NEXT_TELEMETRY_DISABLED: '1', NODE_ENV: 'production' },
    all: true,
    reject: false,
  });
  if (failed) throw new Error(`The page could not be built:\n${all}`);

  // Next keeps the repository's layout in what it traced; here the page is all there is.
  const traced = join(source, '.next/standalone');
  const fresh = `${out}.new`;
  rmSync(fresh, { recursive: true, force: true });
  cpSync(join(traced, 'src/web'), fresh, { recursive: true });
  cpSync(join(traced, 'node_modules'), join(fresh, 'node_modules'), { recursive: true });
  cpSync(join(source, '.next/static'), join(fresh, '.next/static'), { recursive: true });
  cpSync(join(source, 'public'), join(fresh, 'public'), { recursive: true });
  for (const path of useless) rmSync(join(fresh, path), { recursive: true, force: true });
  await build({
    absWorkingDir: root,
    entryPoints: ['src/web/server/main.ts'],
    outfile: join(fresh, 'server.js'),
    bundle: true,
    platform: 'node',
    target: 'node24',
    format: 'esm',
    external: ['next'],
    minifySyntax: true,
    legalComments: 'none',
    logLevel: 'warning',
  });
  writeFileSync(join(fresh, 'package.json'), '{ "private": true, "type": "module" }\n');
  writeFileSync(join(fresh, '.inputs'), digest);
  rmSync(out, { recursive: true, force: true });
  renameSync(fresh, out);
};
