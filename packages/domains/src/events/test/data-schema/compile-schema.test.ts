import t from 'tap';
import { compileSchema } from '../../data-schema/compile-schema.ts';
import type { JsonObject } from '../../data-schema/keywords.ts';

const many = <Value>(count: number, make: (index: number) => Value) =>
  Array.from({ length: count }, (_, index) => make(index));

const errorsOf = (schema: JsonObject, data: unknown) => compileSchema(schema).findErrors(data);

/** Its errors, or the code of what ended the check. */
function outcome(schema: JsonObject, data: unknown): unknown {
  try {
    return errorsOf(schema, data).length > 0 ? 'invalid' : 'valid';
  } catch (error) {
    return (error as { code?: string }).code ?? error;
  }
}

t.test('it says where the data does not fit, as for any request', async (t) => {
  const item = { type: 'object', properties: { sku: { type: 'string' } }, required: ['sku'] };
  const schema = {
    type: 'object',
    properties: { id: { type: 'integer' }, items: { type: 'array', items: item } },
    required: ['id'],
    additionalProperties: false,
  };
  t.same(errorsOf(schema, { id: 1, items: [{ sku: 'a' }] }), []);
  const cases: [data: unknown, path: string, message: string][] = [
    [{}, 'body/data/id', 'is missing'],
    [{ id: 'a' }, 'body/data/id', 'must be integer'],
    [{ id: 1, colour: 1 }, 'body/data/colour', 'is not known here'],
    [{ id: 1, items: [{ sku: 'a' }, {}] }, 'body/data/items/1/sku', 'is missing'],
    [null, 'body/data', 'must be object'],
  ];
  for (const [data, path, message] of cases) t.same(errorsOf(schema, data), [{ path, message }]);
});

t.test('what it says is short, however long the schema and the data are', async (t) => {
  const pattern = `^${'a|'.repeat(2_000)}b$`;
  const [error] = errorsOf({ additionalProperties: { pattern } }, { ['k'.repeat(2_000)]: 'c' });
  t.equal(error?.message.length, 300);
  t.equal(error?.path.length, 500);
});

t.test('keywords mean what JSON Schema says', async (t) => {
  const cases: [schema: JsonObject, valid: unknown[], invalid: unknown[]][] = [
    [{ anyOf: [{ type: 'string' }, { type: 'null' }] }, ['a', null], [1, {}]],
    [{ oneOf: [{ minimum: 0 }, { maximum: 10 }] }, [-1, 11], [5]],
    [{ not: { const: 1 } }, [2], [1]],
    [{ multipleOf: 0.01 }, [19.99, 0.07], [0.001]],
    [{ required: ['constructor', 'toString'] }, [{ constructor: 1, toString: 1 }], [{}]],
    [{ properties: { constructor: { type: 'string' } } }, [{}], [{ constructor: 1 }]],
    [{ propertyNames: { pattern: '^[a-z]+$' } }, [{ a: 1 }], [{ A: 1 }]],
    [
      { patternProperties: { '^n_': { type: 'number' }, '^s_': { type: 'string' } } },
      [{ n_a: 1, s_a: 'a' }],
      [{ n_a: 'a' }, { s_a: 1 }],
    ],
    [{ allOf: [{ properties: { a: {} } }], unevaluatedProperties: false }, [{ a: 1 }], [{ b: 1 }]],
    [{ type: 'array', uniqueItems: true, maxItems: 9 }, [[1, { a: 1 }]], [[{ a: 1 }, { a: 1 }]]],
    [{ contains: { const: 1 }, maxContains: 2 }, [[1, 1]], [[], [1, 1, 1]]],
    [{ format: 'date-time' }, ['2026-01-31T12:00:00Z'], ['yesterday']],
    [
      { format: 'uuid' },
      ['0199f2a4-7c1e-7b52-9c1d-4d5c8a1e9b10'],
      ['urn:uuid:0199f2a4-7c1e-7b52-9c1d-4d5c8a1e9b10'],
    ],
    [{ minLength: 2 }, ['😀😀'], ['😀']],
  ];
  for (const [schema, valid, invalid] of cases) {
    const label = JSON.stringify(schema);
    for (const data of valid)
      t.same(errorsOf(schema, data), [], `${label} of ${JSON.stringify(data)}`);
    for (const data of invalid)
      t.not(errorsOf(schema, data).length, 0, `${label} of ${JSON.stringify(data)}`);
  }
});

t.test('a member of the data called __proto__ is data like any other', async (t) => {
  const data = JSON.parse('{"__proto__":{"id":1}}');
  t.equal(outcome({ required: ['id'] }, data), 'invalid');
  t.equal(outcome({ additionalProperties: false }, data), 'invalid');
  t.equal(outcome({ properties: { id: { type: 'string' } } }, data), 'valid');
});

t.test('a pattern that takes exponential time elsewhere is answered', async (t) => {
  const text = `${'a'.repeat(50_000)}!`;
  for (const pattern of [
    '^(a+)+$',
    '^(a|a)*$',
    '^(a|aa)+$',
    '^(.*)*$b',
    '(x+x+)+y',
    '^([a-z]+)*\\d$',
  ]) {
    t.equal(outcome({ pattern }, text), 'invalid', pattern);
  }
  t.equal(outcome({ pattern: '^(a+)+!$' }, text), 'valid');
  t.equal(outcome({ patternProperties: { '^(a+)+$': false } }, { [text]: 1 }), 'valid');
});

t.test('formats are read in one go', async (t) => {
  const long = 'a'.repeat(200_000);
  const texts = [
    long,
    `${long}@`,
    `${long}@${long}`,
    `http://${long} `,
    `/${long}~`,
    `${'1'.repeat(200_000)}Y`,
    `P${'1'.repeat(200_000)}`,
    `${'a.'.repeat(100_000)} `,
    `${'0:'.repeat(100_000)}`,
    `${'/~'.repeat(100_000)}`,
    `${'-'.repeat(200_000)}.`,
  ];
  const formats = [
    'date',
    'time',
    'date-time',
    'duration',
    'email',
    'hostname',
    'ipv4',
    'ipv6',
    'uuid',
    'json-pointer',
    'relative-json-pointer',
  ];
  for (const format of formats) {
    for (const text of texts)
      t.equal(outcome({ format }, text), 'invalid', `${format} ${text.slice(0, 8)}`);
  }
  for (const format of ['uri', 'uri-reference']) {
    for (const text of [`http://${long} `, `${long} ${long}`, `a:${'//'.repeat(100_000)} `]) {
      t.equal(outcome({ format }, text), 'invalid', `${format} ${text.slice(0, 8)}`);
    }
  }
});

t.test('a check that asks for too much work is ended', async (t) => {
  const ones = many(100_000, () => 1);
  const empty = many(80_000, () => ({}));
  const long = 'a'.repeat(250_000);
  const names = many(3_000, (index) => `p${index}`);
  const nested = () => JSON.parse(`${'['.repeat(60_000)}${']'.repeat(60_000)}`);
  const cases: Record<string, [schema: JsonObject, data: unknown]> = {
    'many schemas for many items': [{ items: { allOf: many(200, () => ({ minimum: 0 })) } }, ones],
    'many refusals for many items': [
      { items: { not: { anyOf: many(200, () => ({ type: 'string' })) } } },
      ones,
    ],
    'many long texts': [{ items: { anyOf: many(290, () => ({ maxLength: 3 })) } }, [long]],
    'a long list of names': [{ items: { not: { required: names } } }, empty],
    'a long list of values': [{ items: { not: { enum: names } } }, ones],
    'many properties': [
      {
        items: {
          properties: Object.fromEntries(names.slice(0, 290).map((name) => [name, { minimum: 1 }])),
        },
      },
      empty,
    ],
    'many patterns for many keys': [
      { patternProperties: Object.fromEntries(many(100, (index) => [`[a-z]+${index}`, {}])) },
      Object.fromEntries(many(20_000, (index) => [`k${index}`, 1])),
    ],
    'a large pattern on a long text': [{ pattern: '([a-z]{1,30}){30}0' }, long],
    'items compared over and over': [
      { allOf: many(290, () => ({ uniqueItems: true, maxItems: 1_000 })) },
      many(1_000, (a) => ({ a })),
    ],
    'items that are nested without end': [{ uniqueItems: true, maxItems: 2 }, [nested(), nested()]],
    'keys that are accounted for': [
      {
        anyOf: many(140, (index) => ({ properties: { [`a${index}`]: {} } })),
        unevaluatedProperties: true,
      },
      Object.fromEntries(many(20_000, (index) => [`k${index}`, 1])),
    ],
  };
  for (const [title, [schema, data]] of Object.entries(cases)) {
    const { findErrors } = compileSchema(schema);
    t.throws(() => findErrors(data), { code: 'event_data_too_complex' }, title);
  }
});

t.test('what people publish is far from that', async (t) => {
  const address = {
    type: 'object',
    properties: Object.fromEntries(
      ['name', 'street', 'city', 'zip', 'country'].map((name) => [
        name,
        { type: 'string', maxLength: 200 },
      ]),
    ),
    required: ['name', 'street', 'city'],
    additionalProperties: false,
  };
  const line = {
    type: 'object',
    properties: {
      sku: { type: 'string', pattern: '^[A-Z]{3}-[0-9]{4,12}$' },
      quantity: { type: 'integer', minimum: 1 },
      price: { type: 'string', pattern: '^\\d+\\.\\d{2}$' },
      tags: { type: 'array', maxItems: 20, uniqueItems: true, items: { type: 'string' } },
      sentTo: { anyOf: [{ $ref: '#/$defs/address' }, { type: 'null' }] },
    },
    required: ['sku', 'quantity'],
    additionalProperties: false,
  };
  const schema = {
    $defs: { address },
    type: 'object',
    properties: { lines: { type: 'array', items: line } },
  };
  const sentTo = {
    name: 'Ada Lovelace',
    street: 'St James’s Square 12',
    city: 'London',
    zip: 'SW1',
    country: 'GB',
  };
  const data = {
    lines: many(1_000, (index) => ({
      sku: `ABC-${10_000 + index}`,
      quantity: 1,
      price: '19.99',
      tags: ['a', 'b'],
      sentTo,
    })),
  };
  t.ok(JSON.stringify(data).length > 150_000);
  t.equal(outcome(schema, data), 'valid');
});

t.test('a validator is as good as new after a check that was ended', async (t) => {
  const { findErrors } = compileSchema({ items: { allOf: many(200, () => ({ minimum: 0 })) } });
  t.throws(() => findErrors(many(100_000, () => 1)), { code: 'event_data_too_complex' });
  t.same(findErrors([1, 2]), []);
  t.same(findErrors([1, -2]), [{ path: 'body/data/1', message: 'must be >= 0' }]);
});
