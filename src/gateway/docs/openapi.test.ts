import { expect, test } from '@jest/globals';
import { Validator } from '@seriousme/openapi-schema-validator';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { errorStatus } from '../../contracts/errors.ts';
import { ActionRequest } from '../../contracts/match.ts';
import { routes } from '../../contracts/routes.ts';
import { openApiDocument } from './openapi.ts';
import { docsPage } from './page.ts';

const document = openApiDocument(routes, '1.2.3');

test('the document is valid OpenAPI 3.1', async () => {
  const result = await new Validator().validate({ ...document });
  expect(result.errors ?? []).toEqual([]);
  expect(result.valid).toBe(true);
});

test('every call is in it, with every status that it may have', () => {
  for (const [name, contract] of Object.entries(routes)) {
    const path = contract.path.replaceAll(/:(\w+)/g, '{$1}');
    const operation = document.paths[path]?.[contract.method.toLowerCase()];
    expect(operation?.operationId).toBe(name);
    const statuses = [contract.success.status, ...contract.errors.map((code) => errorStatus[code]), 429, 500];
    expect(Object.keys(operation?.responses ?? {})).toEqual(expect.arrayContaining(statuses.map(String)));
  }
});

test('every reference leads to a schema, and every schema is one', () => {
  const known = Object.keys(document.components.schemas);
  const references = JSON.stringify(document).matchAll(/"\$ref":"#\/components\/schemas\/(\w+)"/g);
  expect([...references].map(([, name]) => name).filter((name) => !known.includes(name ?? ''))).toEqual([]);
  const ajv = addFormats.default(new Ajv2020({ strict: false }));
  for (const schema of Object.values(document.components.schemas)) expect(ajv.validateSchema(schema)).toBe(true);
});

test('its schemas accept and refuse what the contracts do', () => {
  const ajv = addFormats.default(new Ajv2020({ strict: false }));
  ajv.addSchema({ $id: 'api', components: document.components });
  const body = document.paths['/matches/{id}/actions']?.['post']?.requestBody?.content['application/json'].schema;
  expect(body).toEqual({ $ref: '#/components/schemas/ActionRequest' });
  const accepts = ajv.compile({ $ref: 'api#/components/schemas/ActionRequest' });
  const targetId = '3b241101-e2bb-4255-8caf-4136c566a962';
  const samples = [
    { type: 'move', payload: { direction: 'north' } },
    { type: 'attack', payload: { targetId }, useStamp: true },
    { type: 'defend' },
    { type: 'collect', payload: {} },
    { type: 'move' },
    { type: 'move', payload: { direction: 'up' } },
    { type: 'attack', payload: { targetId: 'x' } },
    { type: 'defend', payload: { more: 1 } },
    { type: 'defend', more: 1 },
    {},
    null,
  ];
  for (const sample of samples) {
    expect([sample, accepts(sample)]).toEqual([sample, ActionRequest.safeParse(sample).success]);
  }
});

test('the page shows every call and schema, and escapes what it shows', () => {
  const page = docsPage({ ...document, info: { ...document.info, description: '<b> & `code`' } });
  for (const name of Object.keys(routes)) expect(page).toContain(`<details id="${name}">`);
  for (const name of Object.keys(document.components.schemas)) expect(page).toContain(`<details id="${name}">`);
  expect(page).toContain('<p>&lt;b&gt; &amp; <code>code</code></p>');
  expect(page).not.toContain('undefined');
  expect(page).not.toContain('[object');
});
