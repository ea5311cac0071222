import { createHash } from 'node:crypto';
import { existsSync, globSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildWeb } from './build-web.ts';
import { bundleService, root, services } from './bundle.ts';

const stamp = join(root, 'dist/web.stamp');

/** A digest of all that the web page is made of. */
const webSources = (): string => {
  const files = globSync(['src/{web,contracts,rules}/**', 'scripts/lib/{build-web,bundle}.ts', 'package-lock.json'], {
    cwd: root,
    exclude: (name) => name.includes('.next') || name.includes('next-env'),
  });
  const hash = createHash('sha256');
  for (const file of files.sort()) {
    const path = join(root, file);
    if (statSync(path).isFile()) hash.update(file).update(readFileSync(path));
  }
  return hash.digest('hex');
};

/** Makes dist/ what the sources say. The services take a second at most; the web page is built when it has changed. */
export const buildCurrent = async ({ web, progress }: { web: boolean; progress: (line: string) => void }) => {
  const begun = performance.now();
  const took = () => `${((performance.now() - begun) / 1000).toFixed(1)} s`;
  await Promise.all(services.map((service) => bundleService(service, { packaged: false })));
  progress(`${services.join(', ')} are built (${took()})`);
  if (!web) return;
  const wanted = webSources();
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return;
  progress('building the web page');
  await buildWeb('dist/web');
  writeFileSync(stamp, wanted);
  progress(`the web page is built (${took()})`);
};
