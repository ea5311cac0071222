import { bundleServices, services, type ServiceName } from './lib/bundle.ts';
import { buildWeb } from './lib/build-web.ts';

/**
 * build [SERVICE…]: bundles services and the web page into dist/; all when none is named.
 */
const names = process.argv.slice(2);
const known: readonly string[] = [...services, 'web'];
const unknown = names.filter((name) => !known.includes(name));
if (unknown.length > 0) {
  process.stderr.write(`There is no service ${unknown.join(', ')}; there are: ${known.join(', ')}.\n`);
  process.exit(1);
}
const wanted = (name: string) => names.length === 0 || names.includes(name);
const bundled: ServiceName[] = services.filter(wanted);
if (bundled.length > 0) await bundleServices(bundled);
if (wanted('web')) await buildWeb('dist/web');
