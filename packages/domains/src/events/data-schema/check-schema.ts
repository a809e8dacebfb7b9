import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import { eventErrors } from '../errors.ts';
import { isDefinitions, isKnown, type JsonObject, schemasIn } from './keywords.ts';
import { compilePattern, programSizeMax } from './patterns.ts';

const dialect = 'https://json-schema.org/draft/2020-12/schema';

const depthMax = 32;
/** Written down, with what else becomes code of its own; what compiling takes grows with them. */
const schemasMax = 300;
/** With each reference replaced by what it names, so that a few of them cannot stand for millions. */
const expandedMax = 10_000;
const uniqueItemsMax = 1_000;
/** Of all patterns together, in instructions. */
const programMax = 20_000;

/** Of what needs no escapes, so that everybody reads it alike. */
const localReference = /^#(\/[\w$.-]+)+$/;

type Places = ReadonlyMap<string, unknown>;

/**
 * Judges a schema before it is compiled, as it may be written to take the process down: by its
 * depth, by what its references add up to, by its patterns. Answers how many patterns it has. Throws
 * `event_schema_refused` (422).
 */
export function checkSchema(schema: JsonObject, bytesMax = Number.POSITIVE_INFINITY): number {
  // First: what is nested without end cannot even be written as text.
  assertPlain(schema);
  if (Buffer.byteLength(JSON.stringify(schema)) > bytesMax) {
    throw refused('', `has more than ${bytesMax} bytes`);
  }
  assertValid(schema);
  const places = placesOf(schema);
  for (const [pointer, place] of places) assertKeywords(pointer, place, places);
  assertBounded(places);
  return assertPatterns(places);
}

function refused(pointer: string, reason: string): Error {
  return eventErrors.event_schema_refused(`#${pointer}`.slice(0, 200).concat(' ', reason, '.'));
}

/**
 * What others walk through later has a bottom, and no key that changes what an object is; what is
 * stored means the same as what was sent. Throws `event_schema_refused` (422).
 */
export function assertPlain(value: unknown, depth = 1): void {
  if (typeof value === 'string') assertText(value);
  if (typeof value === 'number') assertExact(value);
  if (typeof value !== 'object' || value === null) return;
  if (depth > depthMax) throw refused('', `is nested deeper than ${depthMax} levels`);
  if (Object.hasOwn(value, '__proto__')) throw refused('', 'has a member called "__proto__"');
  for (const [key, part] of Object.entries(value)) {
    assertText(key);
    assertPlain(part, depth + 1);
  }
}

function assertText(text: string): void {
  if (!text.isWellFormed()) throw refused('', 'has a text with half a surrogate pair');
}

/** JavaScript reads a larger integer as its neighbour, and has no larger number than 1.8e308. */
function assertExact(number: number): void {
  if (!Number.isFinite(number)) throw refused('', 'has a number that is too large');
  if (Number.isInteger(number) && !Number.isSafeInteger(number)) {
    throw refused('', `has an integer beyond ${Number.MAX_SAFE_INTEGER}`);
  }
}

let metaSchema: ValidateFunction | undefined;

function assertValid(schema: JsonObject): void {
  metaSchema ??= new Ajv2020({ strict: false, validateFormats: false, logger: false }).getSchema(
    dialect,
  );
  if (!metaSchema) throw new Error('Ajv has lost the schema of schemas.');
  if (metaSchema(schema)) return;
  const [first] = metaSchema.errors ?? [];
  throw refused(first?.instancePath ?? '', first?.message ?? 'is no JSON Schema');
}

/** Every schema in the schema, itself included, by its JSON Pointer. */
function placesOf(root: JsonObject): Places {
  const places = new Map<string, unknown>();
  let count = 0;
  const visit = (pointer: string, schema: unknown): void => {
    places.set(pointer, schema);
    count += 1 + dependenciesIn(schema);
    if (count > schemasMax) throw refused('', `holds more than ${schemasMax} schemas`);
    if (typeof schema !== 'object' || schema === null) return;
    for (const [keyword, value] of Object.entries(schema)) {
      for (const [rest, part] of schemasIn(keyword, value)) {
        visit(`${pointer}/${keyword}${rest}`, part);
      }
    }
  };
  visit('', root);
  return places;
}

function dependenciesIn(schema: unknown): number {
  const { dependentRequired = {} } = Object(schema) as JsonObject;
  return Object.keys(dependentRequired as JsonObject).length;
}

function assertKeywords(pointer: string, schema: unknown, places: Places): void {
  if (typeof schema !== 'object' || schema === null) return;
  const { $ref, $schema, uniqueItems, maxItems } = schema as JsonObject;
  const unknown = Object.keys(schema).find((keyword) => !isKnown(keyword));
  if (unknown !== undefined) throw refused(pointer, `uses "${unknown}", which is not known here`);
  if ($schema !== undefined && String($schema).replace(/#$/, '') !== dialect) {
    throw refused(pointer, `is not written for ${dialect}`);
  }
  if ($ref !== undefined && !places.has(targetOf($ref))) {
    throw refused(pointer, 'refers to something other than a schema in itself, as "#/$defs/name"');
  }
  if (uniqueItems === true && !(Number(maxItems) <= uniqueItemsMax)) {
    throw refused(pointer, `has "uniqueItems" without a "maxItems" of ${uniqueItemsMax} or less`);
  }
}

/** The pointer that a reference names; a text that is none of ours when it is not local. */
function targetOf(reference: unknown): string {
  const text = String(reference);
  if (text === '#') return '';
  return localReference.test(text) ? text.slice(1) : text;
}

function assertPatterns(places: Places): number {
  let count = 0;
  let size = 0;
  for (const [pointer, schema] of places) {
    for (const pattern of patternsIn(schema)) {
      count++;
      size += programSizeMax(pattern);
      if (size > programMax) throw refused(pointer, 'makes the patterns too large, or repeat more');
      try {
        compilePattern(pattern);
      } catch (error) {
        throw refused(pointer, `has a pattern that RE2 does not take: ${messageOf(error)}`);
      }
    }
  }
  return count;
}

function patternsIn(schema: unknown): string[] {
  if (typeof schema !== 'object' || schema === null) return [];
  const { pattern, patternProperties = {} } = schema as JsonObject;
  const ofKeys = Object.keys(patternProperties as JsonObject);
  return pattern === undefined ? ofKeys : [String(pattern), ...ofKeys];
}

interface Extent {
  schemas: number;
  depth: number;
}

/** Follows each reference, which ends because none may lead back to where it stands. */
function assertBounded(places: Places): void {
  const extents = new Map<unknown, Extent>();
  const open = new Set<unknown>();
  const extentOf = (schema: unknown): Extent => {
    if (typeof schema !== 'object' || schema === null) return { schemas: 1, depth: 1 };
    const known = extents.get(schema);
    if (known) return known;
    if (open.has(schema)) throw refused('', 'has a reference that leads back to itself');
    open.add(schema);
    const extent = sumOf(heldBy(schema as JsonObject, places).map(extentOf));
    open.delete(schema);
    extents.set(schema, extent);
    return extent;
  };
  for (const [pointer, schema] of places) {
    const { schemas, depth } = extentOf(schema);
    if (schemas > expandedMax) {
      throw refused(pointer, `comes to more than ${expandedMax} schemas by its references`);
    }
    if (depth > depthMax) throw refused(pointer, `is nested deeper than ${depthMax} levels`);
  }
}

/** The schemas that are held against a value together with this one, or against a part of it. */
function heldBy(schema: JsonObject, places: Places): unknown[] {
  const parts = Object.entries(schema)
    .filter(([keyword]) => !isDefinitions(keyword))
    .flatMap(([keyword, value]) => schemasIn(keyword, value).map(([, part]) => part));
  return schema.$ref === undefined ? parts : [...parts, places.get(targetOf(schema.$ref))];
}

function sumOf(parts: Extent[]): Extent {
  return {
    schemas: parts.reduce((sum, { schemas }) => sum + schemas, 1),
    depth: 1 + Math.max(0, ...parts.map(({ depth }) => depth)),
  };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message.slice(0, 200) : 'it cannot be read';
}
