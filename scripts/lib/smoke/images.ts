import { existsSync, readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { z } from 'zod';
import { run, say } from './cluster.ts';

/** What scripts/images has built or pushed. Without it, the images are those of the chart's version, as published. */
const file = 'dist/images.yaml';
const Image = z.object({ registry: z.string(), tag: z.string() });
const Built = z.record(z.string(), z.object({ image: Image }));
const Chart = z.object({
  appVersion: z.string(),
  dependencies: z.array(z.object({ name: z.string(), alias: z.string().optional() })),
});

const chart = Chart.parse(parse(readFileSync('Chart.yaml', 'utf8')));
export const services = chart.dependencies.flatMap(({ name, alias }) =>
  name === 'service' && alias !== undefined ? [alias] : [],
);

/** Arguments for helm by which every service has another image than by `next`: the one with the chart's version for its tag, which scripts/images gives to what it builds. */
export const first: readonly string[] = existsSync(file)
  ? Object.entries(Built.parse(parse(readFileSync(file, 'utf8')))).flatMap(([service, { image }]) => [
      '--set-string',
      `${service}.image.registry=${image.registry},${service}.image.tag=${chart.appVersion}`,
    ])
  : [];
/** Of the release after it. */
export const next: readonly string[] = existsSync(file)
  ? ['--values', file]
  : services.flatMap((service) => ['--set-string', `${service}.podAnnotations.release=next`]);

/** Brings the images of some values into the cluster by IMAGE_LOAD_COMMAND, e.g. `kind load docker-image`; without one, the cluster pulls them. */
export const loadImages = async (values: readonly (readonly string[])[]): Promise<void> => {
  const loadCommand = process.env['IMAGE_LOAD_COMMAND'] ?? '';
  if (loadCommand === '') return;
  const rendered = await Promise.all(
    values.map((images) => run('helm', 'template', 'idempo', '.', '--values', 'values/local.yaml', ...images)),
  );
  const names = [...new Set(rendered.join('\n').match(/(?<=image: )\S+\/idempo\/\S+/g))];
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
