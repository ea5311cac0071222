import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { z } from 'zod';
import { rulesSchema } from './rules.ts';

const Key = z.object({
  description: z.string().optional(),
  default: z.unknown().optional(),
  minimum: z.int().optional(),
  maximum: z.int().optional(),
  get properties() {
    return z.record(z.string(), Key).optional();
  },
});
type Key = z.infer<typeof Key>;

/** A line of the table for every number that can be configured, as the schema has it. */
const rows = (properties: Record<string, Key>, prefix = ''): string[][] =>
  Object.entries(properties).flatMap(([name, key]) =>
    key.properties
      ? rows(key.properties, `${prefix}${name}.`)
      : [['`' + prefix + name + '`', ...[key.default, key.minimum, key.maximum].map(String), key.description ?? '']],
  );

test('docs/rules.md lists every number of the rules with its default and bounds', () => {
  const { map: _map, ...numbers } = z
    .record(z.string(), Key)
    .parse(z.toJSONSchema(rulesSchema, { io: 'input' }).properties);
  const text = readFileSync(new URL('../../docs/rules.md', import.meta.url), 'utf8');
  const listed = [...text.matchAll(/^\| (`.*) \|$/gm)].map(([, line = '']) =>
    line.split('|').map((cell) => cell.trim()),
  );
  expect(listed).toEqual(rows(numbers));
});
