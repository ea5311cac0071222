import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { House } from '../../src/marketplace/config.ts';
import { rewardsSchema } from '../../src/reward/rewards.ts';
import { rulesSchema } from '../../src/rules/rules.ts';
import { root } from './bundle.ts';

/**
 * `node scripts/lib/chart-schema.ts` writes into the chart's schema of its values what the services take of them, from the
 * schemas that the services themselves read them with.
 */
export const chartSchemaFile = join(root, 'values.schema.json');

interface ChartSchema {
  properties: {
    economy: { properties: { rewards: unknown; house: unknown } };
    game: { properties: { rules: unknown } };
  };
}

/** As JSON Schema, without defaults: Helm reads none of them, and the release's Secret has to hold the schema. */
const asValues = (schema: z.ZodType): unknown => {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, {
    io: 'input',
    target: 'draft-7',
    override: ({ jsonSchema }) => {
      delete jsonSchema.default;
    },
  });
  return rest;
};

/** What the file should say. */
export const currentSchema = (): ChartSchema => {
  const schema = JSON.parse(readFileSync(chartSchemaFile, 'utf8')) as ChartSchema;
  const { economy, game } = schema.properties;
  game.properties.rules = asValues(rulesSchema);
  economy.properties.rewards = asValues(rewardsSchema);
  economy.properties.house = asValues(House);
  return schema;
};

if (import.meta.main) writeFileSync(chartSchemaFile, `${JSON.stringify(currentSchema(), null, 2)}\n`);
