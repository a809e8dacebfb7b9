/** The part of JSON Schema that the bodies of the API use. */
export interface BodySchema {
  type?: string;
  properties?: Record<string, BodySchema>;
  required?: string[];
  items?: BodySchema;
  anyOf?: BodySchema[];
  const?: unknown;
  enum?: unknown[];
  examples?: unknown[];
}

/** A body that the schema is likely to accept: its examples, where there are any. */
export function sampleOf(schema: BodySchema): unknown {
  if (schema.examples && schema.examples.length > 0) return schema.examples[0];
  if (schema.const !== undefined) return schema.const;
  if (schema.enum) return schema.enum[0];
  if (schema.anyOf?.[0]) return sampleOf(schema.anyOf[0]);
  if (schema.type === 'object') {
    const properties = Object.entries(schema.properties ?? {});
    return Object.fromEntries(properties.map(([name, property]) => [name, sampleOf(property)]));
  }
  if (schema.type === 'array') return schema.items ? [sampleOf(schema.items)] : [];
  if (schema.type === 'boolean') return true;
  if (schema.type === 'integer' || schema.type === 'number') return 1;
  return 'sample text';
}

const deep = (open: string, close: string) => open.repeat(50_000) + close.repeat(50_000);

/** Values that no property likes, as JSON text, by what they are. */
export const hostileValues: Record<string, string> = {
  null: 'null',
  'a number': '17',
  'a negative number': '-1',
  'a fraction': '0.5',
  'a huge number': '1e400',
  'a boolean': 'true',
  'an empty text': '""',
  'a space': '" "',
  'a NUL character': '"a\\u0000b"',
  'half a surrogate pair': '"a\\ud800b"',
  'a bidirectional override': '"a\\u202eb"',
  'a long text': JSON.stringify('a'.repeat(500_000)),
  'a quote': JSON.stringify(`'; drop table users; --`),
  'an empty array': '[]',
  'a long array': `[${'1,'.repeat(200_000)}1]`,
  'an array of doubles': `[${'"a",'.repeat(100_000)}"a"]`,
  'an array of a NUL character': '["a\\u0000b"]',
  'an empty object': '{}',
  'a prototype': '{"__proto__":{"isAdmin":true}}',
  'deep arrays': deep('[', ']'),
  'deep objects': `${'{"a":'.repeat(50_000)}1${'}'.repeat(50_000)}`,
};
