import { existsSync, readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { z } from 'zod';
import { run, say } from './cluster.ts';

/** What scripts/images has built or pushed. Without it, the images are those of the chart's version, as published. */
const file = 'dist/images.yaml';
const Chart = z.object({
  dependencies: z.array(z.object({ name: z.string(), alias: z.string().optional() })),
});

const chart = Chart.parse(parse(readFileSync('Chart.yaml', 'utf8')));
export const services = chart.dependencies.flatMap(({ name, alias }) =>
  name === 'service' && alias !== undefined ? [alias] : [],
);

/** Arguments for helm: the images of a release. */
export const first: readonly string[] = existsSync(file) ? ['--values', file] : [];
/** Of the release after it, which replaces every pod. */
export const next: readonly string[] = [
  ...first,
  ...services.flatMap((service) => ['--set-string', `${service}.podAnnotations.release=next`]),
];

/** Brings the images into the cluster by IMAGE_LOAD_COMMAND, e.g. `kind load docker-image`; without one, the cluster pulls them. */
export const loadImages = async (): Promise<void> => {
  const loadCommand = process.env['IMAGE_LOAD_COMMAND'] ?? '';
  if (loadCommand === '') return;
  const rendered = await run('helm', 'template', 'idempo', '.', '--values', 'values/local.yaml', ...first);
  const names = [...new Set(rendered.match(/(?<=image: )\S+\/idempo\/\S+/g))];
  const [command = '', ...args] = loadCommand.split(' ');
  await run(command, ...args, ...names);
  say(`loaded ${names.length} images`);
};

/** The image that a service of the cluster has now. */
export const imageOf = (namespace: string, deployment: string): Promise<string> =>
  run(
    'kubectl',
    'get',
    'deployment',
    deployment,
    '--namespace',
    namespace,
    '--output',
    'jsonpath={.spec.template.spec.containers[0].image}',
  );
