import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { parse } from 'yaml';
import { z } from 'zod';
import { root } from './lib/bundle.ts';
import { affectedImages } from './lib/images/affected.ts';
import { buildImage, digestOf, nameOf, pushImages, settings } from './lib/images/docker.ts';
import { images, imageSources, isImage, type ImageName } from './lib/images/sources.ts';
import { contextOf, filesIn, packedTags, type Tags } from './lib/images/tags.ts';

const usage = `images build [IMAGE…]    builds images for this machine, all when none is named, and prints their names
images push [IMAGE…]     builds and pushes, for every platform, what the registry does not have
images affected [BASE]   prints the images that changes since a commit concern (origin/main), by what the bundler finds imported

An image is tagged with a hash of what is in it, so that the same content has the same name, and is not built twice. What to install is in
dist/images.yaml, a values file with tags, and digests once pushed: helm install idempo . -f dist/images.yaml

REGISTRY      where the images belong (ghcr.io)
BASE          what they stand on (node:24-bookworm-slim); with a digest, a new one makes new tags
Of push, which needs docker buildx with a builder for the platforms:
PLATFORMS     linux/amd64,linux/arm64
VERSION       a second tag, of a release
SBOM_COMMAND, SIGN_COMMAND   run for each image that was pushed, with IMAGE (name@digest) and SERVICE in their environment
`;

const say = (line: string) => process.stdout.write(`${line}\n`);
const appVersion = (): string =>
  z.object({ appVersion: z.string() }).parse(parse(readFileSync(join(root, 'Chart.yaml'), 'utf8'))).appVersion;

/** @throws Error that names what is no image. */
const named = (names: string[]): readonly ImageName[] => {
  const unknown = names.filter((name) => !isImage(name));
  if (unknown.length > 0) throw new Error(`There is no image ${unknown.join(', ')}; there are: ${images.join(', ')}.`);
  return names.length === 0 ? images : names.filter(isImage);
};

/** What an image may add to its base, in bytes. */
const budget = 20_000_000;
const checkSize = (image: ImageName): void => {
  const size = filesIn(contextOf(image)).reduce(
    (sum, file) => sum + statSync(join(root, contextOf(image), file)).size,
    0,
  );
  if (size > budget)
    throw new Error(
      `${image} adds ${(size / 1e6).toFixed(1)} MB to its base, more than ${budget / 1e6}: see ${contextOf(image)}`,
    );
};

const writeValues = (tags: Tags, digests: Map<ImageName, string>): void => {
  const lines = [...tags].map(([image, tag]) => {
    const digest = digests.get(image);
    const pinned = digest === undefined ? '' : `, digest: "${digest}"`;
    return `${image}: {image: {registry: "${settings.REGISTRY}", tag: "${tag}"${pinned}}}\n`;
  });
  writeFileSync(join(root, 'dist/images.yaml'), lines.join(''));
};

const build = async (wanted: readonly ImageName[]): Promise<void> => {
  const tags = await packedTags(settings.BASE);
  for (const [image, tag] of tags) {
    if (!wanted.includes(image)) continue;
    await buildImage(image, tag, appVersion());
    checkSize(image);
    say(nameOf(image, tag));
  }
  writeValues(tags, new Map());
};

const push = async (wanted: readonly ImageName[]): Promise<void> => {
  const tags = await packedTags(settings.BASE);
  const digests = new Map<ImageName, string>();
  for (const [image, tag] of tags) {
    const digest = await digestOf(nameOf(image, tag));
    if (digest !== undefined) digests.set(image, digest);
  }
  const missing = wanted.filter((image) => !digests.has(image));
  if (missing.length > 0) {
    for (const [image, digest] of await pushImages(missing, tags, process.env.VERSION)) {
      const name = `${nameOf(image, tags.get(image) ?? '')}@${digest}`;
      for (const command of [process.env.SBOM_COMMAND, process.env.SIGN_COMMAND]) {
        if (command === undefined) continue;
        await execa('bash', ['-ceu', command], {
          cwd: root,
          stdio: ['ignore', 2, 2],
          env: { IMAGE: name, SERVICE: image },
        });
      }
      digests.set(image, digest);
      say(name);
    }
  }
  writeValues(tags, digests);
};

const [command, ...names] = process.argv.slice(2);
try {
  switch (command) {
    case 'build':
      await build(named(names));
      break;
    case 'push':
      await push(named(names));
      break;
    case 'affected':
      for (const image of affectedImages(names[0] ?? 'origin/main', await imageSources())) say(image);
      break;
    default:
      process.stderr.write(usage);
      process.exit(command === '--help' ? 0 : 1);
  }
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
}
