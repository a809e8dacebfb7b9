/** What tenants and domains write: a JSON Schema that is an object. */
export type JsonObject = Record<string, unknown>;

/** What a keyword has as its value. */
type Kind = 'value' | 'schema' | 'list' | 'map' | 'note';

const kinds: Record<Kind, readonly string[]> = {
  value: [
    '$ref',
    'type',
    'enum',
    'const',
    'multipleOf',
    'minimum',
    'maximum',
    'exclusiveMinimum',
    'exclusiveMaximum',
    'minLength',
    'maxLength',
    'pattern',
    'format',
    'minItems',
    'maxItems',
    'uniqueItems',
    'minContains',
    'maxContains',
    'minProperties',
    'maxProperties',
    'required',
    'dependentRequired',
  ],
  schema: [
    'not',
    'if',
    'then',
    'else',
    'items',
    'contains',
    'additionalProperties',
    'propertyNames',
    'unevaluatedItems',
    'unevaluatedProperties',
  ],
  list: ['allOf', 'anyOf', 'oneOf', 'prefixItems'],
  map: ['properties', 'patternProperties', 'dependentSchemas', '$defs', 'definitions'],
  note: [
    '$schema',
    '$comment',
    'title',
    'description',
    'default',
    'examples',
    'deprecated',
    'readOnly',
    'writeOnly',
  ],
};

/**
 * Every keyword that a schema may use, with what it holds. What is not here is refused: an unknown
 * keyword is a mistake, and `$id`, `$anchor` or `$dynamicRef` would let references lead elsewhere.
 */
const kindOf: ReadonlyMap<string, Kind> = new Map(
  (Object.keys(kinds) as Kind[]).flatMap((kind) =>
    kinds[kind].map((keyword): [string, Kind] => [keyword, kind]),
  ),
);

export function isKnown(keyword: string): boolean {
  return kindOf.has(keyword);
}

/** Whether it says something to people alone. */
export function isNote(keyword: string): boolean {
  return kindOf.get(keyword) === 'note';
}

/** Whether its schemas are there to be referred to, and hold nothing by themselves. */
export function isDefinitions(keyword: string): boolean {
  return keyword === '$defs' || keyword === 'definitions';
}

/** The schemas in the value of a keyword, with the rest of their JSON Pointers. */
export function schemasIn(keyword: string, value: unknown): [pointer: string, schema: unknown][] {
  switch (kindOf.get(keyword)) {
    case 'schema':
      return [['', value]];
    case 'list':
      return (value as unknown[]).map((schema, index) => [`/${index}`, schema]);
    case 'map':
      return Object.entries(value as JsonObject).map(([name, schema]) => [
        `/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`,
        schema,
      ]);
    default:
      return [];
  }
}

/** The value of a keyword with each schema in it replaced by what `change` makes of it. */
export function mapSchemas(
  keyword: string,
  value: unknown,
  change: (schema: unknown) => unknown,
): unknown {
  switch (kindOf.get(keyword)) {
    case 'schema':
      return change(value);
    case 'list':
      return (value as unknown[]).map(change);
    case 'map':
      return Object.fromEntries(
        Object.entries(value as JsonObject).map(([name, schema]) => [name, change(schema)]),
      );
    default:
      return value;
  }
}
