import { inspect } from 'node:util';
import t, { type Test } from 'tap';
import { compileSchema } from '../../data-schema/compile-schema.ts';
import type { JsonObject } from '../../data-schema/keywords.ts';

const many = <Value>(count: number, make: (index: number) => Value) =>
  Array.from({ length: count }, (_, index) => make(index));

function isRefused(t: Test, schema: unknown, reason: RegExp): void {
  const label = `${reason}: ${inspect(schema).slice(0, 80)}`;
  t.throws(
    () => compileSchema(schema as JsonObject),
    { code: 'event_schema_refused', message: reason },
    label,
  );
}

/** As `$defs`: each of `count` refers twice to the next one, and the last is a number. */
function doubling(count: number): JsonObject {
  const definitions = many(count, (index) => {
    const next = { $ref: `#/$defs/d${index + 1}` };
    return [`d${index}`, { anyOf: [next, next] }];
  });
  return { $defs: Object.fromEntries([...definitions, [`d${count}`, { type: 'number' }]]) };
}

t.test('what people write is taken', async (t) => {
  const address = { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] };
  const schemas: JsonObject[] = [
    {},
    { $schema: 'https://json-schema.org/draft/2020-12/schema', title: 'Anything' },
    {
      $defs: { address },
      properties: { from: { $ref: '#/$defs/address' }, to: { $ref: '#/$defs/address' } },
    },
    { definitions: { address }, anyOf: [{ $ref: '#/definitions/address' }, { type: 'null' }] },
    { properties: { a: { type: 'integer' }, b: { $ref: '#/properties/a' } } },
    { type: 'array', uniqueItems: true, maxItems: 1_000, items: { enum: ['a', 'b'] } },
    { prefixItems: [{ const: 1 }, true], items: false },
    JSON.parse(
      '{"if":{"required":["a"]},"then":{"required":["b"]},"dependentRequired":{"a":["c"]}}',
    ),
    { allOf: [{ properties: { a: {} } }], unevaluatedProperties: false },
    {
      properties: {
        $id: { type: 'string' },
        $ref: { type: 'string' },
        constructor: { type: 'string' },
      },
    },
    { pattern: '^\\p{Lu}[\\w-]{1,64}(?:@(?<host>[a-z]+))?$', format: 'email' },
    { patternProperties: { '^x-': { type: 'string' } }, additionalProperties: false },
    {
      description: 'What is for people may be anything.',
      default: { $ref: 'x' },
      examples: [{ $id: 1 }],
    },
  ];
  for (const schema of schemas) t.doesNotThrow(() => compileSchema(schema), JSON.stringify(schema));
});

t.test('what is no JSON Schema of this version is refused', async (t) => {
  isRefused(t, { type: 'text' }, /^#\/type must be equal to one of the allowed values/);
  isRefused(t, { properties: [] }, /^#\/properties must be object/);
  isRefused(t, { items: [{ type: 'string' }] }, /^#\/items must be object,boolean/);
  isRefused(t, { required: 'id' }, /^#\/required must be array/);
  isRefused(t, { propertys: {} }, /^# uses "propertys", which is not known here/);
  isRefused(t, { items: { nullable: true } }, /^#\/items uses "nullable"/);
  isRefused(t, { $schema: 'http://json-schema.org/draft-07/schema#' }, /is not written for/);
  isRefused(t, { format: 'regex' }, /unknown format "regex"/);
  isRefused(t, { format: 'url' }, /unknown format "url"/);
});

t.test('a reference stays within the schema', async (t) => {
  const elsewhere = [
    'http://127.0.0.1:9/schema.json',
    'https://json-schema.org/draft/2020-12/schema',
    'file:///etc/passwd',
    'other.json#/a',
    '//example.com',
    '#anchor',
    '#/$defs/missing',
    '#/title',
    '#/$defs',
    '#/__proto__',
    '#/constructor/prototype',
    '#/%24defs/a',
  ];
  for (const $ref of elsewhere) {
    isRefused(
      t,
      { title: 'a', $defs: { a: {} }, $ref },
      /^# refers to something other than a schema/,
    );
  }
  for (const keyword of ['$id', '$anchor', '$dynamicRef', '$dynamicAnchor']) {
    isRefused(t, { $defs: { a: { [keyword]: 'a' } } }, /uses "\$\w+", which is not known/);
  }
  isRefused(t, { $recursiveRef: '#' }, /uses "\$recursiveRef"/);
  isRefused(t, { $vocabulary: { 'https://example.com/v': true } }, /uses "\$vocabulary"/);
});

t.test('no schema leads back to itself', async (t) => {
  const circles: JsonObject[] = [
    { $ref: '#' },
    { properties: { child: { $ref: '#' } } },
    { $defs: { a: { $ref: '#/$defs/a' } } },
    { $defs: { a: { $ref: '#/$defs/b' }, b: { items: { $ref: '#/$defs/a' } } }, type: 'object' },
    { properties: { a: { items: { $ref: '#/properties/a' } } } },
  ];
  for (const schema of circles) isRefused(t, schema, /leads back to itself/);
});

t.test('references that double with each step are refused before they are followed', async (t) => {
  t.doesNotThrow(() => compileSchema({ ...doubling(5), $ref: '#/$defs/d0' }));
  isRefused(t, { ...doubling(14), $ref: '#/$defs/d0' }, /comes to more than 10000 schemas/);
  isRefused(t, doubling(14), /comes to more than 10000 schemas/);
  isRefused(t, { ...doubling(90), $ref: '#/$defs/d0' }, /comes to more than 10000|nested deeper/);
});

t.test('a schema is neither too wide nor too deep', async (t) => {
  const nest = (depth: number): JsonObject =>
    many(depth, () => 0).reduce<JsonObject>((inner) => ({ not: inner }), { type: 'string' });
  t.doesNotThrow(() => compileSchema(nest(30)));
  isRefused(t, nest(32), /is nested deeper than 32 levels/);
  isRefused(
    t,
    JSON.parse(`{"const":${'['.repeat(200_000)}${']'.repeat(200_000)}}`),
    /deeper than 32/,
  );
  const chain = many(60, (index) => [`d${index}`, { items: { $ref: `#/$defs/d${index + 1}` } }]);
  const $defs = Object.fromEntries([...chain, ['d60', {}]]);
  isRefused(t, { $defs, $ref: '#/$defs/d0' }, /is nested deeper than 32 levels/);

  const wide = (count: number) => ({ anyOf: many(count, () => ({ type: 'string' })) });
  t.doesNotThrow(() => compileSchema(wide(299)));
  isRefused(t, wide(300), /holds more than 300 schemas/);
  isRefused(t, wide(100_000), /holds more than 300 schemas/);
  const dependentRequired = Object.fromEntries(many(300, (index) => [`p${index}`, ['a']]));
  isRefused(t, { dependentRequired }, /holds more than 300 schemas/);
});

t.test('a member called __proto__ is refused wherever it is', async (t) => {
  const texts = [
    '{"__proto__":{"type":"string"}}',
    '{"properties":{"__proto__":{"type":"string"}}}',
    '{"$defs":{"__proto__":{}}}',
    '{"const":[{"__proto__":{"isAdmin":true}}]}',
    '{"default":{"__proto__":1}}',
  ];
  for (const text of texts) isRefused(t, JSON.parse(text), /has a member called "__proto__"/);
  t.equal(({} as { isAdmin?: boolean }).isAdmin, undefined);
});

t.test('what cannot be stored as it was sent is refused wherever it is', async (t) => {
  const texts = [
    '{"title":"\\ud800x"}',
    '{"properties":{"\\udc00":{}}}',
    '{"enum":[{"a":["x\\ud800"]}]}',
  ];
  for (const text of texts) isRefused(t, JSON.parse(text), /half a surrogate pair/);
  t.doesNotThrow(() => compileSchema({ title: '\u{1f600}' }));

  isRefused(t, JSON.parse('{"maximum":1e999}'), /a number that is too large/);
  isRefused(t, JSON.parse('{"items":{"enum":[-1e999]}}'), /a number that is too large/);
  for (const text of ['{"const":12345678901234567890}', '{"default":[-9007199254740993]}']) {
    isRefused(t, JSON.parse(text), /an integer beyond 9007199254740991/);
  }
  const exact = { minimum: Number.MIN_SAFE_INTEGER, maximum: Number.MAX_SAFE_INTEGER };
  t.doesNotThrow(() => compileSchema({ ...exact, multipleOf: 0.01 }));
});

t.test('items are compared with each other only when they are few', async (t) => {
  isRefused(t, { uniqueItems: true }, /"uniqueItems" without a "maxItems" of 1000 or less/);
  isRefused(t, { uniqueItems: true, maxItems: 1_001 }, /without a "maxItems" of 1000/);
  isRefused(t, { properties: { a: { uniqueItems: true } } }, /^#\/properties\/a has "uniqueItems"/);
  t.doesNotThrow(() => compileSchema({ uniqueItems: false }));
});

t.test('patterns are those of RE2, and small', async (t) => {
  for (const pattern of [
    '(?=a)b',
    '(?!a)b',
    '(?<=a)b',
    '(?<!a)b',
    '(a)\\1',
    '(?<n>a)\\k<n>',
    '(',
    '[b-a]',
    'a**',
    // For RE2 alone, or for JavaScript alone.
    '\\Q(\\E',
    '(?i)a',
    '[[:alpha:]]',
    '\\p{Greek}',
    '\\p{Script=Greek}',
  ]) {
    isRefused(t, { pattern }, /^# has a pattern that RE2 does not take/);
    isRefused(t, { patternProperties: { [pattern]: {} } }, /^# has a pattern/);
  }
  isRefused(t, { pattern: '(a{1000}){1000}' }, /RE2 does not take/);
  isRefused(t, { pattern: '.{1000}'.repeat(1_000) }, /makes the patterns too large/);
  isRefused(t, { pattern: `(${'abc'.repeat(100)}){1000}` }, /makes the patterns too large/);
  isRefused(t, { anyOf: many(200, (index) => ({ pattern: `[a-z]{1,50}${index}` })) }, /too large/);
  const uuid = '^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$';
  t.doesNotThrow(() => compileSchema({ anyOf: many(20, (index) => ({ pattern: uuid + index })) }));
});

t.test('a schema is not larger than it may be', async (t) => {
  const schema = { enum: ['é'] };
  const bytes = Buffer.byteLength(JSON.stringify(schema));
  t.doesNotThrow(() => compileSchema(schema, bytes));
  t.throws(() => compileSchema(schema, bytes - 1), {
    code: 'event_schema_refused',
    message: `# has more than ${bytes - 1} bytes.`,
  });
});
