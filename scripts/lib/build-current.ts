import { buildWeb } from './build-web.ts';
import { bundleService, services } from './bundle.ts';

/** Makes dist/ what the sources say. The services take a second; the web page is built when it has changed. */
export const buildCurrent = async ({ web, progress }: { web: boolean; progress: (line: string) => void }) => {
  const begun = performance.now();
  const took = () => `${((performance.now() - begun) / 1000).toFixed(1)} s`;
  await Promise.all(services.map((service) => bundleService(service, { packaged: false })));
  progress(`${services.join(', ')} are built (${took()})`);
  if (!web) return;
  await buildWeb('dist/web');
  progress(`the web page is built (${took()})`);
};
