import { randomUUID } from 'node:crypto';
import type { Random } from './random.ts';

/** As much of JSON Schema as the API's document uses. */
export interface Schema {
  $ref?: string;
  type?: string;
  const?: unknown;
  enum?: unknown[];
  format?: string;
  anyOf?: Schema[];
  oneOf?: Schema[];
  properties?: Record<string, Schema>;
  required?: string[];
  items?: Schema;
  minimum?: number;
  minLength?: number;
}
export interface Document {
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, Schema> };
}
export interface Operation {
  parameters?: { name: string; in: 'path' | 'query' | 'header'; schema: Schema }[];
  requestBody?: { content: { 'application/json': { schema: Schema } } };
}

/** A value that the schema allows. */
export const sample = (document: Document, schema: Schema, random: Random): unknown => {
  if (schema.$ref !== undefined) {
    return sample(document, document.components.schemas[schema.$ref.split('/').at(-1) ?? ''] ?? {}, random);
  }
  if (schema.const !== undefined) return schema.const;
  if (schema.enum) return random.pick(schema.enum);
  const alternatives = schema.anyOf ?? schema.oneOf;
  if (alternatives) return sample(document, random.pick(alternatives) ?? {}, random);
  switch (schema.type) {
    case 'object':
      return Object.fromEntries(
        Object.entries(schema.properties ?? {})
          .filter(([name]) => (schema.required ?? []).includes(name) || random.chance(0.5))
          .map(([name, property]) => [name, sample(document, property, random)]),
      );
    case 'array':
      return [sample(document, schema.items ?? {}, random)];
    case 'string':
      return schema.format === 'uuid'
        ? randomUUID()
        : 'abc_'.repeat(Math.max(2, Math.ceil((schema.minLength ?? 0) / 4)));
    case 'integer':
    case 'number':
      return schema.minimum ?? 1;
    case 'boolean':
      return random.chance(0.5);
    default:
      return null;
  }
};

const nested = (depth: number): unknown => JSON.parse(`${'{"a":['.repeat(depth)}1${']}'.repeat(depth)}`);

/** Values that nobody expects. */
export const oddities: readonly ((random: Random) => unknown)[] = [
  () => null,
  () => true,
  () => 0,
  () => -1,
  () => 1e308,
  () => Number.MAX_SAFE_INTEGER + 2,
  () => 0.1,
  () => '',
  () => [],
  () => ({}),
  () => [[]],
  () => 'x'.repeat(5000),
  () => '\u0000',
  () => '\ud800',
  () => '‮﷽\u{1f9e8}',
  () => "'; drop table matches; --",
  () => '../../etc/passwd',
  () => '{{7*7}}${7*7}',
  () => 'undefined',
  () => 'NaN',
  () => '00000000-0000-0000-0000-000000000000',
  () => `${randomUUID()} `,
  () => randomUUID().replaceAll('-', ''),
  () => nested(200),
  () => JSON.parse('{"__proto__":{"isAdmin":true}}') as unknown,
  () => JSON.parse('{"constructor":{"prototype":{"polluted":1}}}') as unknown,
  () => ({ toString: 1, valueOf: 2, length: -1 }),
  () => ({ then: 'x', toJSON: 'x' }),
  (random) => Array.from({ length: random.below(300) }, (_, index) => index),
];
export const oddity = (random: Random): unknown => random.pick(oddities)?.(random);

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The value with something wrong somewhere in it. */
export const mutated = (value: unknown, random: Random): unknown => {
  if (!isObject(value) || random.chance(0.15)) return oddity(random);
  const names = Object.keys(value);
  const name = random.pick(names);
  if (name !== undefined && isObject(value[name]) && random.chance(0.5)) {
    return { ...value, [name]: mutated(value[name], random) };
  }
  if (name === undefined || random.chance(0.3)) {
    const extra = random.pick([
      'extra',
      '__proto__',
      'constructor',
      'prototype',
      'hasOwnProperty',
      'x'.repeat(300),
      '',
      '$where',
    ]);
    // As text, since `__proto__` in a literal is not a key.
    return JSON.parse(
      `{"a":0,${JSON.stringify(extra)}:${JSON.stringify(oddity(random))},${JSON.stringify(value).slice(1)}`.replace(
        /,}$/,
        '}',
      ),
    ) as unknown;
  }
  if (random.chance(0.3)) return Object.fromEntries(Object.entries(value).filter(([each]) => each !== name));
  return { ...value, [name]: oddity(random) };
};

/** JSON that is none, or not what the content type says. */
export const spoilt = (json: string, random: Random): Buffer => {
  const bytes = Buffer.from(json);
  const at = random.below(Math.max(1, bytes.length));
  switch (random.below(7)) {
    case 0:
      return bytes.subarray(0, at);
    case 1:
      return Buffer.concat([bytes.subarray(0, at), Buffer.from([0xff, 0xfe, 0xc0, 0x80]), bytes.subarray(at)]);
    case 2:
      return Buffer.concat([bytes, bytes]);
    case 3:
      return Buffer.from(`\ufeff${json},`);
    case 4:
      return Buffer.from(json.replaceAll('"', "'"));
    case 5:
      return Buffer.from('['.repeat(8000));
    default:
      return Buffer.from(Array.from({ length: random.below(200) }, () => random.below(256)));
  }
};
