// A readable page of the API, made from its description, without anything from
// elsewhere.

import { $, h } from './dom.js';

const dark = matchMedia('(prefers-color-scheme: dark)').matches;
document.documentElement.dataset.theme = localStorage.getItem('rione.theme') ?? (dark ? 'dark' : 'light');

const description = await (await fetch('/openapi.json')).json();

const resolve = (schema) => (schema?.$ref ? description.components.schemas[schema.$ref.split('/').at(-1)] : schema) ?? {};

/** The type of a schema in a few words. */
function typeName(schema) {
  if (schema?.$ref) return schema.$ref.split('/').at(-1);
  if (schema?.type === 'array' || schema?.type?.includes?.('array')) return `array of ${typeName(schema.items)}`;
  const types = [schema?.type ?? 'any'].flat().filter((type) => type !== 'null').join(' or ');
  return schema?.format ? `${types} (${schema.format})` : types;
}

function limits(s) {
  const parts = [];
  if (s.enum) parts.push(`one of ${s.enum.join(', ')}`);
  if (s.default !== undefined) parts.push(`default ${s.default}`);
  if (s.minimum !== undefined) parts.push(`from ${s.minimum}`);
  if (s.maximum !== undefined) parts.push(`up to ${s.maximum}`);
  return parts.join(', ');
}

function table(rows) {
  return h('div.scroll', {}, h('table', {}, h('tbody', {}, ...rows.map((r) => h('tr', {}, ...r.map((c, i) => h(i ? 'td' : 'th', {}, c)))))));
}

const properties = (schema) => Object.entries(resolve(schema).properties ?? {}).map(([name, s]) =>
  [h('code', {}, name), typeName(s), [s.description, limits(resolve(s))].filter(Boolean).join(' · ')]);

function body(title, content) {
  return Object.entries(content ?? {}).flatMap(([media, { schema }]) => {
    const rows = properties(schema);
    return [h('h4', {}, `${title} · ${media} · ${typeName(schema)}`), rows.length ? table(rows) : ''];
  });
}

function operation(path, method, op) {
  const parameters = (op.parameters ?? []).map((p) =>
    [h('code', {}, p.name), `${p.in}${p.required ? ', required' : ''}`, [p.description, limits(p.schema ?? {})].filter(Boolean).join(' · ')]);
  const answers = Object.entries(op.responses ?? {}).filter(([code]) => code < 300);
  const errors = Object.keys(op.responses ?? {}).filter((code) => code >= 400).join(', ');
  return h('section.operation', { id: op.operationId }, h('h3', {}, h(`span.method.${method}`, {}, method.toUpperCase()), h('code', {}, path)),
    h('p', {}, h('b', {}, op.summary ?? '')), op.description ? h('p.description.quiet', {}, op.description) : '',
    parameters.length ? h('h4', {}, 'Parameters') : '', parameters.length ? table(parameters) : '',
    ...body('Body', op.requestBody?.content), ...answers.flatMap(([code, a]) => body(`Answer ${code}`, a.content)),
    errors ? h('p.quiet', {}, `Errors: ${errors}, as application/problem+json`) : '');
}

function draw() {
  const { info, paths, components } = description;
  const doc = [h('h1', {}, `${info.title} API · ${info.version}`), h('p', {}, info.description)];
  const contents = [];
  const byTag = new Map();
  for (const [path, methods] of Object.entries(paths)) {
    for (const [method, op] of Object.entries(methods)) {
      const tag = op.tags?.[0] ?? 'other';
      byTag.set(tag, [...(byTag.get(tag) ?? []), [path, method, op]]);
    }
  }
  for (const [tag, operations] of byTag) {
    doc.push(h('h2', {}, tag), ...operations.map((o) => operation(...o)));
    contents.push(h('h2', {}, tag), ...operations.map(([, , op]) => h('a', { href: `#${op.operationId}` }, op.summary ?? op.operationId)));
  }
  doc.push(h('h2', {}, 'Types'));
  contents.push(h('h2', {}, 'types'));
  for (const [name, schema] of Object.entries(components.schemas)) {
    doc.push(h('section.operation', { id: `type-${name}` }, h('h3', {}, name), table(properties(schema))));
    contents.push(h('a', { href: `#type-${name}` }, name));
  }
  $('contents').replaceChildren(...contents);
  $('doc').replaceChildren(...doc);
}

draw();
if (location.hash) $(location.hash.slice(1))?.scrollIntoView();
