import { expect, test } from '@jest/globals';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './bundle.ts';

/**
 * What the version before could trip over, while it runs beside the newer one or comes back by `helm rollback`: something it uses is gone,
 * or refuses what it writes.
 */
const narrowing = {
  'takes something away': /\bdrop\s+(table|column|schema|view|function|procedure|type|sequence)\b(?!\s+%)/,
  'renames something': /\brename\b/,
  'changes a type': /\balter\s+column\s+\S+\s+(set\s+data\s+)?type\b/,
  'refuses null where it was taken': /\bset\s+not\s+null\b/,
  'wants a column that the version before does not write':
    /\badd\s+(column\s+)?(?!constraint)\S+\s[^,;]*\bnot\s+null\b(?![^,;]*\b(default|generated)\b)/,
  'checks what was not checked':
    /\badd\s+(constraint\s+\S+\s+)?(check|unique|primary|foreign|exclude)\b|\bcreate\s+unique\s+index\b/,
  'takes a right away': /\brevoke\b/,
  'empties a table': /\b(truncate|delete\s+from)\b/,
};

/** What a migration does to what was there before it. */
const broken = (source: string): string[] => {
  const sql = source.replaceAll(/--.*$|\/\/.*$/gm, '').toLowerCase();
  const made = new Set(
    [...sql.matchAll(/\bcreate\s+(?:table|schema|function)\s+(?:if\s+not\s+exists\s+)?([\w.]+)/g)].map(
      ([, name]) => name,
    ),
  );
  // A statement ends where its string does, or at a semicolon.
  return sql.split(/[;`]/).flatMap((statement) => {
    const on = /\b(?:alter\s+table|on\s+function|\bon)\s+(?:only\s+)?([\w.]+)/.exec(statement)?.[1];
    if (made.has(on)) return [];
    return Object.entries(narrowing).flatMap(([what, pattern]) => (pattern.test(statement) ? [what] : []));
  });
};

const files = globSync('src/**/migrations/*.ts', { cwd: root }).filter((file) => !file.endsWith('index.ts'));

test('there are migrations to look at', () => {
  expect(files.length).toBeGreaterThan(8);
});

test.each(files)('%s only expands: the version before it works on the newer schema', (file) => {
  expect(broken(readFileSync(join(root, file), 'utf8'))).toEqual([]);
});

test.each([
  ['takes something away', 'alter table wallets drop column balance'],
  ['takes something away', 'drop table trades'],
  ['renames something', 'alter table wallets rename column balance to amount'],
  ['changes a type', 'alter table wallets alter column balance type numeric'],
  ['refuses null where it was taken', 'alter table items alter column locked_by set not null'],
  ['wants a column that the version before does not write', 'alter table items add column kind text not null'],
  ['checks what was not checked', 'alter table items add constraint kinds check (kind is not null)'],
  ['checks what was not checked', 'create unique index one_each on items (item_id)'],
  ['takes a right away', 'revoke select on matches from game'],
  ['empties a table', 'delete from inbox'],
])('%s: %s is found', (what, sql) => {
  expect(broken(`this.addSql(\`${sql}\`)`)).toEqual([what]);
});

test.each([
  'alter table items add column kind text',
  "alter table items add column kind text not null default 'sword'",
  'alter table items alter column locked_by drop not null',
  'create table kinds (id int primary key); create unique index names on kinds (name); alter table kinds add check (id > 0)',
  'grant insert on player_actions to game',
])('%s is taken', (sql) => {
  expect(broken(`this.addSql(\`${sql}\`)`)).toEqual([]);
});
