import { createHash } from 'node:crypto';
import { existsSync, globSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildWeb } from './build-web.ts';
import { bundleServices, root, services } from './bundle.ts';

const stamp = join(root, 'dist/services.stamp');

/** A digest of what the services are made of, and of when their bundles were written: equal while both are as they were. */
const digest = (): string => {
  const hash = createHash('sha256');
  const folders = ['platform', 'contracts', 'rules', ...services].map((folder) => `src/${folder}/**/*`);
  const sources = globSync([...folders, 'scripts/lib/bundle.ts'], { cwd: root }).filter((file) =>
    statSync(join(root, file)).isFile(),
  );
  for (const file of [...sources, 'package-lock.json'].sort()) hash.update(file).update(readFileSync(join(root, file)));
  for (const bundle of services.map((service) => join(root, 'dist', service, 'main.cjs'))) {
    hash.update(existsSync(bundle) ? String(statSync(bundle).mtimeMs) : 'missing');
  }
  return hash.digest('hex');
};

/** Makes dist/ what the sources say; builds only what has changed. */
export const buildCurrent = async ({ web, progress }: { web: boolean; progress: (line: string) => void }) => {
  const begun = performance.now();
  const took = () => `${((performance.now() - begun) / 1000).toFixed(1)} s`;
  if (!existsSync(stamp) || readFileSync(stamp, 'utf8') !== digest()) {
    await bundleServices(services);
    writeFileSync(stamp, digest());
    progress(`the services are built (${took()})`);
  }
  if (!web) return;
  await buildWeb('dist/web');
  progress(`the web page is built (${took()})`);
};
