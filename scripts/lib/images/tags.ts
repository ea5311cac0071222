import { createHash } from 'node:crypto';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root, services } from '../bundle.ts';
import { readLock } from './lock.ts';
import { packServices } from './pack.ts';
import { dockerfileOf, images, webSources, type ImageName } from './sources.ts';

/** The tag of each image. */
export type Tags = Map<ImageName, string>;

/** The folder that an image is built in. */
export const contextOf = (image: ImageName) => `dist/images/${image}`;

export const filesIn = (folder: string): string[] =>
  globSync('**/*', { cwd: join(root, folder), withFileTypes: true })
    .flatMap((entry) =>
      entry.isFile() ? [join(entry.parentPath, entry.name).slice(join(root, folder).length + 1)] : [],
    )
    .sort();

const short = (parts: Iterable<[name: string, content: Buffer | string]>): string => {
  const hash = createHash('sha256');
  for (const [name, content] of parts)
    hash.update(createHash('sha256').update(content).digest()).update(name).update('\0');
  return hash.digest('hex').slice(0, 12);
};

const read = (file: string) => readFileSync(join(root, file));

/** Of all that is in the image: what changes nothing in it, changes no tag. */
const tagOfContent = (image: ImageName, base: string): string =>
  short([
    ['base', base],
    ['Dockerfile', read(dockerfileOf(image))],
    ...filesIn(contextOf(image)).map((file) => [file, read(join(contextOf(image), file))] as [string, Buffer]),
  ]);

/** Of what the page is made of: Next never builds the same twice. */
const tagOfWeb = async (base: string): Promise<string> => {
  const { files, packages } = await webSources();
  const lock = readLock();
  return short([
    ['base', base],
    ...[...files].sort().map((file) => [file, read(file)] as [string, Buffer]),
    ...[...packages].sort().map((key) => [key, JSON.stringify(lock.get(key))] as [string, string]),
  ]);
};

/** Packs every service, and says what each image is called: the same content has the same tag, on any machine. */
export const packedTags = async (base: string): Promise<Tags> => {
  const [, web] = await Promise.all([packServices(services, 'dist/images'), tagOfWeb(base)]);
  return new Map(images.map((image) => [image, image === 'web' ? web : tagOfContent(image, base)]));
};
