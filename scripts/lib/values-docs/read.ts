import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isMap, isScalar, parse, parseDocument, type Node, type YAMLMap } from 'yaml';
import { root } from '../bundle.ts';

/** A value or a block of values. A value is what its file writes on one line, and `resources`. */
export interface Row {
  /** Where it is, e.g. kafka, nodes, replicas. */
  names: string[];
  /** What stands above it, on one line. */
  comment: string;
  block: boolean;
}

export interface ValuesFile {
  /** What its first paragraph says. */
  about: string;
  /** In the file's order, a block before what is in it. */
  rows: Row[];
  defaults: unknown;
}

const paragraphsOf = (text: string | null | undefined): string[] =>
  (text ?? '').split(/\n\s*\n/).map((paragraph) => paragraph.replace(/\s*\n\s*/g, ' ').trim());

/** The paragraph right above the key. */
const commentOf = (map: YAMLMap, index: number): string => {
  const key = map.items[index]?.key as Node | undefined;
  return paragraphsOf(key?.commentBefore ?? (index === 0 ? map.commentBefore : '')).at(-1) ?? '';
};

const rowsOf = (map: YAMLMap, within: string[] = []): Row[] =>
  map.items.flatMap(({ key, value }, index) => {
    const name = String(isScalar(key) ? key.value : key);
    const names = [...within, name];
    const block = isMap(value) && value.flow !== true && name !== 'resources';
    return [{ names, comment: commentOf(map, index), block }, ...(block ? rowsOf(value, names) : [])];
  });

export const readValuesFile = (name: string): ValuesFile => {
  const text = readFileSync(join(root, name), 'utf8');
  const { contents } = parseDocument(text);
  if (!isMap(contents)) throw new Error(`${name} is no map`);
  const about = paragraphsOf((contents.items[0]?.key as Node | undefined)?.commentBefore)[0] ?? '';
  return { about, rows: rowsOf(contents), defaults: parse(text) };
};

/** What is there in an object, names one in the other; undefined: nothing. */
export const at = (value: unknown, names: string[]): unknown =>
  names.reduce<unknown>(
    (each, name) => (typeof each === 'object' && each !== null ? (each as Record<string, unknown>)[name] : undefined),
    value,
  );

export const begins = (names: string[], prefix: string[]): boolean =>
  prefix.every((name, index) => names[index] === name);
