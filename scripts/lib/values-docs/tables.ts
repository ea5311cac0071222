import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import { root } from '../bundle.ts';
import { at, begins, readValuesFile, type Row } from './read.ts';

/** A row of a table of values. */
export interface Line {
  path: string;
  /** Empty: that of its block speaks for it. */
  comment: string;
  /** As Markdown; empty of a block. */
  value: string;
  /** Path of the line of its block. */
  block: string;
}

/** What a block of the top level holds; blocks that are alike have one table. */
export interface Table {
  names: string[];
  comment: string;
  lines: Line[];
}

/** Blocks that are alike: told once, with what differs. */
interface Family {
  within: string[];
  placeholder: string;
  members: string[];
  /** What all have, with its comments; and what it is where a member says nothing. */
  shared: Row[];
  defaults: unknown;
}

interface Dependency {
  name: string;
  alias?: string;
  repository?: string;
}
const chart = parse(readFileSync(join(root, 'Chart.yaml'), 'utf8')) as { dependencies: Dependency[] };
const { rows, defaults } = readValuesFile('values.yaml');
const service = readValuesFile('charts/service/values.yaml');

/** Rows below a block, by what comes after it. */
const below = (names: string[]): Row[] =>
  rows.flatMap((row) =>
    row.names.length > names.length && begins(row.names, names)
      ? [{ ...row, names: row.names.slice(names.length) }]
      : [],
  );

/** The family whose first member has the comments of all. */
const familyIn = (within: string[], placeholder: string, isMember: (value: unknown) => boolean): Family => {
  const members = Object.entries(at(defaults, within) as object).flatMap(([key, value]) =>
    isMember(value) ? [key] : [],
  );
  return { within, placeholder, members, shared: below([...within, members[0] ?? '']), defaults: undefined };
};
const families: Family[] = [
  familyIn(['databases'], '<database>', (value) => at(value, ['roles']) !== undefined),
  familyIn(['kafka', 'users'], '<user>', () => true),
];
const services: Family = {
  within: [],
  placeholder: '<service>',
  members: chart.dependencies.flatMap(({ name, alias }) => (name === 'service' && alias !== undefined ? [alias] : [])),
  shared: service.rows,
  defaults: service.defaults,
};

const inline = (value: unknown): string =>
  `\`${stringify(value, { collectionStyle: 'flow', lineWidth: 0, flowCollectionPadding: false }).trim()}\``;

/** What most have, then those that differ: `1`; game, combat: `2`. */
const differing = (values: [member: string, value: unknown][], usual: unknown): string => {
  const set = values.flatMap(([member, value]) => (value === undefined ? [] : [{ member, text: inline(value) }]));
  const groups = [...Map.groupBy(set, ({ text }) => text)].toSorted(([, a], [, b]) => b.length - a.length);
  const [most] = groups;
  const common =
    usual !== undefined
      ? inline(usual)
      : most !== undefined && most[1].length > values.length / 2
        ? most[0]
        : undefined;
  return [
    ...(common === undefined ? [] : [common]),
    ...groups
      .filter(([text]) => text !== common)
      .map(([text, members]) => `${members.map(({ member }) => member).join(', ')}: ${text}`),
  ].join('; ');
};

const parent = (names: string[]) => names.slice(0, -1).join('.');

const lineOf = ({ names, comment, block }: Row): Line => ({
  path: names.join('.'),
  comment,
  value: block ? '' : inline(at(defaults, names)),
  block: parent(names),
});

/** What all members of a family have, then what each has alone. */
const familyLines = ({ within, placeholder, members, shared, defaults: usual }: Family): Line[] => {
  const isShared = (names: string[]) =>
    shared.some((each) => begins(names, each.names) && (!each.block || names.length === each.names.length));
  return [
    ...shared.map(({ names, comment, block }): Line => {
      const values = members.map((member): [string, unknown] => [member, at(defaults, [...within, member, ...names])]);
      const path = [...within, placeholder, ...names];
      const value = block ? '' : differing(values, at(usual, names));
      return { path: path.join('.'), comment, value, block: parent(path) };
    }),
    ...members.flatMap((member) =>
      rows
        .filter(({ names }) => begins(names, [...within, member]) && !isShared(names.slice(within.length + 1)))
        .map((row) => ({ ...lineOf(row), block: parent(row.names.with(within.length, placeholder)) })),
    ),
  ];
};

const linesOf = (top: string): Line[] => {
  const foreign = chart.dependencies.some(({ name, repository }) => name === top && repository !== undefined);
  return below([top])
    .map((row) => ({ ...row, names: [top, ...row.names] }))
    .flatMap((row) => {
      const family = families.find(({ within, members }) =>
        members.some((each) => begins(row.names, [...within, each])),
      );
      if (family !== undefined) {
        const isFirst = row.names.join() === [...family.within, family.members[0]].join();
        return isFirst ? familyLines(family) : [];
      }
      // Of the charts of others, what is worth a comment.
      return foreign && row.comment === '' ? [] : [lineOf(row)];
    });
};

/** Everything that values.yaml has, block by block; the services are one. */
export const tables = (): Table[] =>
  rows.flatMap(({ names: [name = '', ...more], comment }) => {
    if (more.length > 0) return [];
    if (!services.members.includes(name)) return [{ names: [name], comment, lines: linesOf(name) }];
    if (name !== services.members[0]) return [];
    return [{ names: services.members, comment: service.about, lines: familyLines(services) }];
  });

/** Values that neither a comment of their own nor that of their block explains. */
export const unexplained = (): string[] =>
  tables().flatMap(({ names, comment, lines }) => {
    const explained = new Set(lines.flatMap((line) => (line.comment === '' ? [] : [line.path])));
    const isExplained = ({ path, block }: Line) => explained.has(path) || explained.has(block);
    const values = lines.filter((line) => line.value !== '' && !isExplained(line)).map(({ path }) => path);
    return comment === '' ? [...names, ...values] : values;
  });
