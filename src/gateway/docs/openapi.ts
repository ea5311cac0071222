import { z } from 'zod';
import * as api from '../../contracts/api.ts';
import * as economy from '../../contracts/economy.ts';
import { errorStatus, ErrorBody, type ErrorCode } from '../../contracts/errors.ts';
import * as items from '../../contracts/items.ts';
import * as match from '../../contracts/match.ts';
import { MatchReplay } from '../../contracts/replay.ts';
import type { RouteContract } from '../../contracts/routes.ts';

/** As much of JSON Schema (2020-12) as the page that shows it looks at. */
export interface Schema {
  [keyword: string]: unknown;
}
export interface Parameter {
  name: string;
  in: 'path' | 'query' | 'header';
  required: boolean;
  schema: Schema;
}
interface Content {
  content: { 'application/json': { schema: Schema } };
}
export type Response = { description: string } & Partial<Content>;
export interface Operation {
  operationId: string;
  summary: string;
  tags: string[];
  security: Record<string, string[]>[];
  parameters?: Parameter[];
  requestBody?: Content & { required: boolean };
  responses: Record<string, Response>;
}
/** An OpenAPI 3.1 document. */
export interface OpenApiDocument {
  openapi: '3.1.1';
  info: { title: string; version: string; description: string; license: { name: string; identifier: string } };
  servers: { url: string }[];
  tags: { name: string }[];
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, Schema>; securitySchemes: Record<string, object> };
}

const description = `Every request is validated by the schemas of this document. Every response carries
\`X-Correlation-Id\`, taken from the request when it is a valid UUID. Every error has the body \`Error\`; switch on its
\`error\`, which is stable. After 429 and 503 come back when \`Retry-After\` says.`;

/** What any call may answer besides its own errors. */
const anyCall: readonly ErrorCode[] = ['RATE_LIMITED', 'INTERNAL', 'UNAVAILABLE'];

const isSchema = (value: unknown): value is z.core.$ZodType => value instanceof z.ZodType;

/** The schemas of the contracts that have a name of their own in the document. */
const named = new Map<z.core.$ZodType, string>();
/** A body that is nothing, and what becomes parameters. */
const unnamed = new Set<unknown>([api.Empty, api.Page, economy.LedgerQuery, economy.ListingQuery, economy.TradeQuery]);
const exported: Record<string, unknown> = { ...api, ...match, ...items, ...economy, MatchReplay, Error: ErrorBody };
for (const [name, value] of Object.entries(exported)) {
  if (isSchema(value) && !unnamed.has(value)) named.set(value, name);
}
const registry = z.registry<{ id: string }>();
for (const [schema, id] of named) registry.add(schema, { id });

/** The document of these calls, generated from the schemas that validate them. */
export const openApiDocument = (routes: Record<string, RouteContract>, version: string): OpenApiDocument => {
  const calls = Object.entries(routes);
  const paths: OpenApiDocument['paths'] = {};
  for (const [name, contract] of calls) {
    const path = contract.path.replaceAll(/:(\w+)/g, '{$1}');
    paths[path] = { ...paths[path], [contract.method.toLowerCase()]: operation(name, contract) };
  }
  return {
    openapi: '3.1.1',
    info: { title: 'Idempo', version, description, license: { name: 'Apache-2.0', identifier: 'Apache-2.0' } },
    servers: [{ url: '/api' }],
    tags: [...new Set(calls.map(([, contract]) => tagOf(contract)))].map((tag) => ({ name: tag })),
    paths,
    components: {
      schemas: componentSchemas(),
      securitySchemes: { accessToken: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' } },
    },
  };
};

const tagOf = ({ path }: RouteContract): string => path.split('/')[1] ?? '';

const operation = (name: string, contract: RouteContract): Operation => {
  const parameters = [
    ...parametersIn('path', contract.params),
    ...parametersIn('query', contract.query),
    ...parametersIn('header', contract.headers),
  ];
  return {
    operationId: name,
    summary: contract.summary,
    tags: [tagOf(contract)],
    security: { required: [{ accessToken: [] }], optional: [{}, { accessToken: [] }], none: [] }[contract.auth],
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(contract.body ? { requestBody: requestBody(contract.body) } : {}),
    responses: { [contract.success.status]: success(contract), ...failures(contract) },
  };
};

const parametersIn = (place: Parameter['in'], object: z.ZodObject | undefined): Parameter[] =>
  Object.entries<z.core.$ZodType>(object?.shape ?? {}).map(([name, schema]) => ({
    name,
    in: place,
    required: !isOptional(schema),
    schema: schemaOf(schema),
  }));

const requestBody = (body: z.ZodType): NonNullable<Operation['requestBody']> => ({
  required: !isOptional(body),
  content: { 'application/json': { schema: schemaOf(body) } },
});

const success = ({ success: { body } }: RouteContract): Response =>
  body instanceof z.ZodUndefined
    ? { description: 'Done' }
    : { description: 'Done', content: { 'application/json': { schema: schemaOf(body) } } };

/** One response for each status, which names the errors that have it. */
const failures = (contract: RouteContract): Record<string, Response> => {
  const validated = contract.params ?? contract.query ?? contract.headers ?? contract.body;
  const codes = [...(validated ? (['VALIDATION_ERROR'] as const) : []), ...contract.errors, ...anyCall];
  const responses: Record<string, Response> = {};
  for (const [status, same] of Map.groupBy(codes, (code) => errorStatus[code])) {
    responses[status] = {
      description: same.join(', '),
      content: { 'application/json': { schema: { $ref: '#/components/schemas/Error' } } },
    };
  }
  return responses;
};

const isOptional = (schema: z.core.$ZodType): boolean => z.safeParse(schema, undefined).success;

/** A reference to a schema that has a name, or the schema itself, with references inside. */
const schemaOf = (schema: z.core.$ZodType): Schema => {
  const name = named.get(schema);
  if (name !== undefined) return { $ref: `#/components/schemas/${name}` };
  const {
    $schema: _dialect,
    $defs: _components,
    ...inline
  } = z.toJSONSchema(schema, { metadata: registry, io: 'input' });
  const text = JSON.stringify(inline).replaceAll('"#/$defs/', '"#/components/schemas/');
  return z.record(z.string(), z.unknown()).parse(JSON.parse(text));
};

const componentSchemas = (): Record<string, Schema> => {
  const { schemas } = z.toJSONSchema(registry, { uri: (id) => `#/components/schemas/${id}`, io: 'input' });
  return Object.fromEntries(
    Object.entries(schemas).map(([id, { $schema: _dialect, $id: _id, ...schema }]) => [id, schema]),
  );
};
