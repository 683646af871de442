// The scenario language as a document: every field with its kind, default and meaning, read off the schema.
import { scenarioJsonSchema, type JsonSchema } from './json-schema.ts';

const introduction = `# The scenario language

Generated from the schema that reads scenarios (\`npx netsplit schema --format md\`); \`npx netsplit schema\` prints the same as a
JSON Schema for editors. How to write one: [authoring.md](../authoring.md). What each kind of fault does:
[faults.md](../faults.md). The parameters of the systems: \`npx netsplit params <scenario> systems\`.

Durations are \`90s\`, \`2h52m\`, \`1.5d\`, \`250ms\`. Instants are UTC, \`2025-10-20T06:48Z\`, or durations since the epoch. Fields
without a default are required, unless they are said to be optional.
`;

/** The reference as Markdown. */
export function languageReference(): string {
  const { properties = {}, required = [] } = scenarioJsonSchema();
  const sections = Object.entries(properties as Record<string, JsonSchema>).map(([name, schema]) =>
    section(name, schema, required.includes(name)),
  );
  return [introduction, ...sections].join('\n');
}

function section(name: string, schema: JsonSchema, isRequired: boolean): string {
  const necessity = isRequired ? '' : ' Optional.';
  const lines = [`## \`${name}\``, '', `${sentence(schema.description ?? '')}${necessity}`, ''];
  const element = (schema.items as JsonSchema | undefined) ?? schema;
  const kinds = alternativesOf(element);
  if (kinds === undefined) lines.push(...tableOf(rowsOf(element)));
  else {
    const common = commonTo(kinds);
    if (common.length > 0) lines.push('All kinds:', '', ...tableOf(common));
    for (const kind of kinds) lines.push(...kindSection(kind, new Set(common.map(({ field }) => field))));
  }
  return lines.join('\n');
}

/** One kind of a discriminated union. */
function kindSection(kind: JsonSchema, known: ReadonlySet<string>): readonly string[] {
  const own = rowsOf(kind).filter(({ field }) => !known.has(field));
  const discriminator = own.find(({ isDiscriminator }) => isDiscriminator);
  const rest = own.filter((row) => row !== discriminator);
  const [distinction] = rest;
  const heading =
    discriminator === undefined
      ? [sentence(distinction?.meaning ?? ''), '']
      : [`### ${discriminator.kind}`, '', sentence(discriminator.meaning), ''];
  return [...heading, ...tableOf(rest)];
}

interface Row {
  readonly field: string;
  readonly kind: string;
  readonly fallback: string;
  readonly meaning: string;
  readonly isDiscriminator: boolean;
}

/** The fields of an object, those of objects and lists within it by their paths. */
function rowsOf(schema: JsonSchema, prefix = ''): readonly Row[] {
  const { properties = {}, required = [] } = schema;
  return Object.entries(properties as Record<string, JsonSchema>).flatMap(([name, value]): readonly Row[] => {
    const field = `${prefix}${name}`;
    const { default: fallback } = value;
    const own: Row = {
      field,
      kind: kindOf(value),
      fallback:
        fallback !== undefined ? code(JSON.stringify(fallback)) : required.includes(name) ? '' : 'optional',
      meaning: value.description ?? '',
      isDiscriminator: value.const !== undefined && prefix === '',
    };
    const items = value.items as JsonSchema | undefined;
    const inner =
      value.properties !== undefined
        ? rowsOf(value, `${field}.`)
        : items?.properties !== undefined
          ? rowsOf(items, `${field}[].`)
          : (alternativesOf(items ?? value) ?? []).flatMap((kind) =>
              rowsOf(kind, `${field}${items === undefined ? '' : '[]'}.`),
            );
    return [own, ...withoutRepeats(inner)];
  });
}

function withoutRepeats(rows: readonly Row[]): readonly Row[] {
  return [...new Map(rows.map((row) => [row.field, row])).values()];
}

function alternativesOf({ oneOf, anyOf }: JsonSchema): readonly JsonSchema[] | undefined {
  const alternatives = (oneOf ?? anyOf) as readonly JsonSchema[] | undefined;
  return alternatives?.some(({ properties }) => properties !== undefined) === true ? alternatives : undefined;
}

/** Rows that are the same in all kinds. */
function commonTo(kinds: readonly JsonSchema[]): readonly Row[] {
  const [first = [], ...others] = kinds.map((kind) => rowsOf(kind));
  const same = (row: Row, rows: readonly Row[]): boolean =>
    rows.some((other) => JSON.stringify(other) === JSON.stringify(row));
  return first.filter((row) => others.every((rows) => same(row, rows)));
}

function kindOf(schema: JsonSchema): string {
  const { const: only, enum: some, type, items, pattern } = schema;
  if (only !== undefined) return code(String(only));
  if (some !== undefined) return some.map((one) => code(String(one))).join(', ');
  if (Array.isArray(items)) return `[${(items as readonly JsonSchema[]).map(kindOf).join(', ')}]`;
  if (type === 'array') return `list${items === undefined ? '' : ` of ${kindOf(items as JsonSchema)}`}`;
  if (type === 'number' || type === 'integer')
    return [type === 'integer' ? 'whole number' : 'number', ...boundsOf(schema)].join(', ');
  if (type === 'string')
    return pattern?.includes('ms') === true ? (pattern.includes('T') ? 'instant' : 'duration') : 'text';
  if (type === 'object') return 'fields';
  if (type !== undefined) return String(type);
  const alternatives = (schema.oneOf ?? schema.anyOf) as readonly JsonSchema[] | undefined;
  return [...new Set((alternatives ?? []).map(kindOf))].join(' or ');
}

/** The bounds that somebody chose: a safe integer is bounded by itself. */
function boundsOf({ minimum, exclusiveMinimum, maximum }: JsonSchema): readonly string[] {
  const bounds: string[] = [];
  if (exclusiveMinimum !== undefined) bounds.push(`above ${exclusiveMinimum}`);
  else if (minimum !== undefined && minimum > Number.MIN_SAFE_INTEGER) bounds.push(`at least ${minimum}`);
  if (maximum !== undefined && maximum < Number.MAX_SAFE_INTEGER) bounds.push(`at most ${maximum}`);
  return bounds;
}

function tableOf(rows: readonly Row[]): readonly string[] {
  if (rows.length === 0) return [];
  return [
    '| field | kind | default | meaning |',
    '| --- | --- | --- | --- |',
    ...rows.map(
      ({ field, kind, fallback, meaning }) => `| ${code(field)} | ${kind} | ${fallback} | ${cell(meaning)} |`,
    ),
    '',
  ];
}

const code = (text: string): string => `\`${text}\``;
const cell = (text: string): string => text.replaceAll('|', String.raw`\|`);
const sentence = (text: string): string => (text === '' || text.endsWith('.') ? text : `${text}.`);
