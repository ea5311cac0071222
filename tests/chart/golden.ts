import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { helm, manifests, overlays, type Manifest, type Overlay } from './chart.ts';

/**
 * `node tests/chart/golden.ts` writes the golden renderings anew: what the chart makes of the local and of the cloud values, so that a change of a
 * template or of a value shows in review as the change of objects that it is.
 */
export const goldenFile = (overlay: Overlay): string => join(import.meta.dirname, 'golden', `${overlay}.yaml`);

const identity = ({ kind, metadata: { namespace = '', name } }: Manifest) => `${namespace}/${kind}/${name}`;

/** Scripts and dashboards, which ConfigMaps take from files as they are, and whose own tests know what is in them. */
const fileHead = /^ {2}(\S+\.(?:mts|sh)|(?!plan\.)\S+\.json): \S/;
const withoutFiles = (lines: string[]): string[] => {
  let inFile = false;
  return lines.flatMap((line) => {
    const head = fileHead.exec(line);
    if (head !== null) inFile = true;
    else if (/^ {0,2}\S/.test(line)) inFile = false;
    if (head !== null) return [`  ${head[1]}: (the file)`];
    return inFile ? [] : [line];
  });
};

/** A document of a rendering, under the name that it is sorted by; its comments and blank lines are no part of it. */
const document = (yaml: string): { name: string; yaml: string }[] => {
  const [object] = manifests(yaml);
  if (object === undefined) return [];
  const lines = yaml.split('\n').filter((line) => !/^(# Source: .*|\s*)$/.test(line));
  const kept = object.kind === 'ConfigMap' ? withoutFiles(lines) : lines;
  return [{ name: identity(object), yaml: `${kept.join('\n')}\n` }];
};

/** What the golden file should say: the objects by namespace, kind and name. */
export const golden = async (overlay: Overlay): Promise<string> =>
  (await helm('template', overlay))
    .split(/^---$/m)
    .flatMap(document)
    .toSorted((one, other) => (one.name < other.name ? -1 : 1))
    .map(({ yaml }) => `---\n${yaml}`)
    .join('');

if (import.meta.main) {
  mkdirSync(join(import.meta.dirname, 'golden'), { recursive: true });
  for (const overlay of overlays) writeFileSync(goldenFile(overlay), await golden(overlay));
}
