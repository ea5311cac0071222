import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../bundle.ts';
import { tables, type Line, type Table } from './tables.ts';

/**
 * `node scripts/lib/values-docs/file.ts` writes docs/values.md, and the table in README.md, from the comments in values.yaml and
 * charts/service/values.yaml.
 */
export const valuesFile = join(root, 'docs/values.md');
export const readmeFile = join(root, 'README.md');

const header = `# Values

Written by \`node scripts/lib/values-docs/file.ts\` from the comments in \`values.yaml\` and \`charts/service/values.yaml\`: change them there.
Where the last column is empty, the line of the block above says it. \`values/\` has overlays for environments and sizes.
`;

const code = (text: string) => `\`${text}\``;
const inCell = (text: string) => text.replaceAll('|', '\\|');

/** What Markdown would take for its own, outside of code. */
const escaped = (text: string): string =>
  text
    .split(/(`[^`]*`)/)
    .map((part) => (part.startsWith('`') ? part : part.replaceAll('<', '&lt;').replace(/[*_]/g, '\\$&')))
    .join('');

const table = (head: string[], rows: string[][]): string =>
  [head, head.map(() => '---'), ...rows]
    .map((cells) => `|${cells.map((cell) => (cell ? ` ${cell} ` : ' ')).join('|')}|\n`)
    .join('');

const lineCells = ({ path, value, comment }: Line) => [code(path), inCell(value), inCell(escaped(comment))];

const section = ({ names, comment, lines }: Table): string => {
  // A block that has no comment has nothing to say.
  const told = lines.filter((line) => line.value !== '' || line.comment !== '');
  const values = told.length === 0 ? '' : `\n${table(['Value', 'Default', ''], told.map(lineCells))}`;
  return `\n## ${names.length === 1 ? names.join() : 'Services'}\n\n${escaped(comment)}\n${values}`;
};

export const currentValuesFile = (): string => header + tables().map(section).join('');

const firstSentence = (text: string) => /^.+?\.(?= [A-Z`]|$)/.exec(text)?.[0] ?? text;

const start = '<!-- written by node scripts/lib/values-docs/file.ts -->\n';
const end = '<!-- to here -->\n';

/** README.md, with the table as it should be. */
export const currentReadme = (): string => {
  const readme = readFileSync(readmeFile, 'utf8');
  const [before, after] = [readme.split(start)[0] ?? '', readme.split(end)[1]];
  if (after === undefined) throw new Error(`README.md has no lines ${start}${end}`);
  const blocks = tables().map(({ names, comment }) => [
    names.map(code).join(', '),
    inCell(escaped(firstSentence(comment))),
  ]);
  return before + start + table(['Block', ''], blocks) + end + after;
};

if (import.meta.main) {
  writeFileSync(valuesFile, currentValuesFile());
  writeFileSync(readmeFile, currentReadme());
}
