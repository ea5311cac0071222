import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { rulesSchema } from '../../src/rules/rules.ts';
import { root } from './bundle.ts';

/** `node scripts/lib/rules-schema.ts` writes what the rules of a match may be into the chart's schema of its values. */
export const chartSchemaFile = join(root, 'values.schema.json');

interface ChartSchema {
  properties: { game: { properties: { rules: unknown } } };
}

/** What `game.rules` may be, as JSON Schema, from the schema that the game service itself reads them with. */
export const rulesJsonSchema = (): unknown => {
  const { $schema: _, ...schema } = z.toJSONSchema(rulesSchema, { io: 'input', target: 'draft-7' });
  return schema;
};

if (import.meta.main) {
  const schema = JSON.parse(readFileSync(chartSchemaFile, 'utf8')) as ChartSchema;
  schema.properties.game.properties.rules = rulesJsonSchema();
  writeFileSync(chartSchemaFile, `${JSON.stringify(schema, null, 2)}\n`);
}
