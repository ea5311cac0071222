import { cpSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { z } from 'zod';
import { buildWeb } from '../build-web.ts';
import { root } from '../bundle.ts';
import { dockerfileOf, type ImageName } from './sources.ts';
import { contextOf, type Tags } from './tags.ts';

/** From the environment; the same names are the variables of images/docker-bake.hcl. */
export const settings = {
  /** Where the images belong. */
  REGISTRY: process.env.REGISTRY ?? 'ghcr.io',
  /** What they stand on. */
  BASE: process.env.BASE ?? 'node:24-bookworm-slim',
  PLATFORMS: process.env.PLATFORMS ?? 'linux/amd64,linux/arm64',
};

export const nameOf = (image: ImageName, tag: string) => `${settings.REGISTRY}/idempo/${image}:${tag}`;

const isHere = async (name: string): Promise<boolean> =>
  !(await execa('docker', ['image', 'inspect', name], { reject: false })).failed;

/** The page is built only when its image is: that takes longer than all else. */
const fillContext = async (image: ImageName): Promise<void> => {
  if (image !== 'web') return;
  await buildWeb('dist/web');
  rmSync(join(root, contextOf('web')), { recursive: true, force: true });
  cpSync(join(root, 'dist/web'), join(root, contextOf('web')), { recursive: true });
};

/** An image for this machine; one that is here already stays. It is also tagged with the chart's version, which Compose runs. */
export const buildImage = async (image: ImageName, tag: string, version: string): Promise<void> => {
  const name = nameOf(image, tag);
  if (!(await isHere(name))) {
    await fillContext(image);
    const args = ['--build-arg', `SERVICE=${image}`, '--build-arg', `BASE=${settings.BASE}`];
    await execa(
      'docker',
      ['build', '--quiet', '--file', dockerfileOf(image), ...args, '--tag', name, contextOf(image)],
      { cwd: root },
    );
  }
  await execa('docker', ['tag', name, nameOf(image, version)]);
};

/** Digest of what the registry has under a name; undefined when it has nothing. */
export const digestOf = async (name: string): Promise<string | undefined> => {
  const inspect = ['buildx', 'imagetools', 'inspect', name, '--format', '{{json .Manifest}}'];
  const { failed, stdout } = await execa('docker', inspect, { reject: false });
  return failed ? undefined : z.object({ digest: z.string() }).parse(JSON.parse(stdout)).digest;
};

const metadata = z.record(z.string(), z.unknown());
const pushed = z.object({ 'containerimage.digest': z.string() });

/** Builds images for every platform and pushes them, each with its SBOM and provenance. Answers with their digests. */
export const pushImages = async (
  which: readonly ImageName[],
  tags: Tags,
  version: string | undefined,
): Promise<Map<ImageName, string>> => {
  for (const image of which) await fillContext(image);
  const file = join(root, 'dist/images/pushed.json');
  mkdirSync(join(root, 'dist/images'), { recursive: true });
  await execa(
    'docker',
    ['buildx', 'bake', '--file', 'images/docker-bake.hcl', '--push', '--metadata-file', file, ...which],
    {
      cwd: root,
      stdio: ['ignore', 2, 2],
      env: { ...settings, VERSION: version ?? '', TAGS: JSON.stringify(Object.fromEntries(tags)) },
    },
  );
  const facts = metadata.parse(JSON.parse(readFileSync(file, 'utf8')));
  return new Map(which.map((image) => [image, pushed.parse(facts[image])['containerimage.digest']]));
};
