import type { OpenApiDocument, Operation, Response, Schema } from './openapi.ts';

const escape = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
const code = (text: string): string => `<code>${escape(text)}</code>`;

/** The only style of the page; the server allows it by this element's text. */
export const style = `
:root { color-scheme: light dark; --line: light-dark(#d8dbe2, #333845); --soft: light-dark(#f5f6f8, #1b1e26);
  --accent: light-dark(#1f5fbf, #8ab4ff); }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 0 auto; padding: 2rem 1rem 6rem;
  background: light-dark(#fff, #12141a); color: light-dark(#1b1e26, #e6e8ee); }
h2 { margin-top: 2.5rem; text-transform: capitalize; } h3 { margin: 1rem 0 .5rem; font-size: 1rem; }
a { color: var(--accent); } code { font: .9em ui-monospace, monospace; }
details { border: 1px solid var(--line); border-radius: .5rem; margin: .5rem 0; overflow: hidden; }
summary { cursor: pointer; padding: .6rem .8rem; background: var(--soft); }
details > div { padding: 0 .8rem .8rem; overflow-x: auto; }
.method { display: inline-block; min-width: 4.2rem; font-weight: 700; color: var(--accent); }
.note { opacity: .8; } pre { margin: 0; padding: .7rem; background: var(--soft); border-radius: .4rem; overflow-x: auto; }
table { border-collapse: collapse; width: 100%; } td, th { text-align: left; vertical-align: top;
  padding: .35rem .6rem .35rem 0; border-top: 1px solid var(--line); }
`;

/** A page to read the document: one file, no script, nothing from anywhere else. */
export const docsPage = (document: OpenApiDocument): string => {
  const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ method, path, operation })),
  );
  const sections = document.tags.map(({ name }) => {
    const own = operations.filter(({ operation }) => operation.tags.includes(name));
    return `<section><h2>${escape(name)}</h2>${own.map((one) => operationOf(one, document)).join('')}</section>`;
  });
  const schemas = Object.entries(document.components.schemas).map(
    ([name, schema]) =>
      `<details id="${escape(name)}"><summary>${code(name)}</summary><div><pre>${linked(schema)}</pre></div></details>`,
  );
  const { title, version, description } = document.info;
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${escape(title)} API</title>
<style>${style}</style>
<main>
<h1>${escape(title)} API <small class="note">${escape(version)}</small></h1>
<p>${escape(description).replaceAll(/`([^`]+)`/g, '<code>$1</code>')}</p>
<p><a href="openapi.json">OpenAPI document</a></p>
${sections.join('\n')}
<section><h2>Schemas</h2>${schemas.join('\n')}</section>
</main>
</html>
`;
};

const operationOf = (
  { method, path, operation }: { method: string; path: string; operation: Operation },
  document: OpenApiDocument,
): string => {
  const base = document.servers[0]?.url ?? '';
  return `<details id="${escape(operation.operationId)}"><summary><span class="method">${method.toUpperCase()}</span> ${code(base + path)}
 <span class="note">${escape(operation.summary)}</span></summary><div>
${authOf(operation)}${parametersOf(operation)}${bodyOf(operation)}${responsesOf(operation)}</div></details>`;
};

const authOf = ({ security }: Operation): string => {
  if (security.length === 0) return '';
  const optional = security.some((one) => Object.keys(one).length === 0);
  return `<p>Access token: ${optional ? 'when there is one' : 'required'}, as ${code('Authorization: Bearer …')}.</p>`;
};

const parametersOf = ({ parameters = [] }: Operation): string => {
  if (parameters.length === 0) return '';
  const rows = parameters.map(
    ({ name, in: place, required, schema }) =>
      `<tr><td>${code(name)}</td><td>${place}${required ? ', required' : ''}</td><td>${linked(schema)}</td></tr>`,
  );
  return `<h3>Parameters</h3><table>${rows.join('')}</table>`;
};

const bodyOf = ({ requestBody }: Operation): string =>
  requestBody ? `<h3>Body</h3><pre>${linked(requestBody.content['application/json'].schema)}</pre>` : '';

const responsesOf = ({ responses }: Operation): string => {
  const rows = Object.entries(responses).map(
    ([status, response]) =>
      `<tr><td>${code(status)}</td><td>${escape(response.description)}</td><td>${contentOf(response)}</td></tr>`,
  );
  return `<h3>Answers</h3><table>${rows.join('')}</table>`;
};

const contentOf = ({ content }: Response): string => (content ? linked(content['application/json'].schema) : '');

/** A schema as text in which what it refers to can be followed. */
const linked = (schema: Schema): string =>
  written(schema, '').replaceAll(/#\/components\/schemas\/(\w+)/g, '<a href="#$1">$1</a>');

/** In the words of a reader: `{a: string, b?: integer}`. Keywords that only narrow a type are added in brackets. */
const written = (schema: Schema, indent: string): string => {
  const { $ref, type, properties, required, items, oneOf, anyOf, enum: values, const: constant, ...more } = schema;
  if (typeof $ref === 'string') return escape($ref);
  if (constant !== undefined) return escape(JSON.stringify(constant));
  if (Array.isArray(values)) return values.map((value) => escape(JSON.stringify(value))).join(' | ');
  const alternatives = oneOf ?? anyOf;
  if (Array.isArray(alternatives))
    return alternatives.map((one) => written(asSchema(one), indent)).join(`\n${indent}| `);
  if (type === 'array') return `${written(asSchema(items), indent)}[]`;
  if (type === 'object')
    return objectOf(asSchema(properties), new Set(Array.isArray(required) ? required : []), indent);
  return escape(`${typeof type === 'string' ? type : 'any'}${narrowing(more)}`);
};

const objectOf = (properties: Schema, required: ReadonlySet<unknown>, indent: string): string => {
  const deeper = `${indent}  `;
  const lines = Object.entries(properties).map(
    ([name, schema]) =>
      `${deeper}${escape(name)}${required.has(name) ? '' : '?'}: ${written(asSchema(schema), deeper)}\n`,
  );
  return lines.length === 0 ? '{}' : `{\n${lines.join('')}${indent}}`;
};

const narrowing = ({ format, pattern, minLength, maxLength, minimum, maximum, default: standard }: Schema): string => {
  const range = (from: unknown, to: unknown): string =>
    typeof to === 'number' && to < Number.MAX_SAFE_INTEGER ? `${Number(from)}–${to}` : `≥ ${Number(from)}`;
  const said: string[] = [];
  if (typeof format === 'string') said.push(format);
  else if (typeof pattern === 'string') said.push(`/${pattern}/`);
  if (minLength !== undefined) said.push(`length ${range(minLength, maxLength)}`);
  if (minimum !== undefined) said.push(range(minimum, maximum));
  if (standard !== undefined) said.push(`else ${JSON.stringify(standard)}`);
  return said.length === 0 ? '' : ` (${said.join(', ')})`;
};

const isSchema = (value: unknown): value is Schema => typeof value === 'object' && value !== null;
const asSchema = (value: unknown): Schema => (isSchema(value) ? value : {});
