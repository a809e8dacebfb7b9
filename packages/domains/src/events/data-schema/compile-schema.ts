import type { FieldError } from '@trellis/core/errors';
import { _, Ajv2020, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js';
import formats from 'ajv-formats';
import { eventErrors } from '../errors.ts';
import { checkSchema } from './check-schema.ts';
import { isNote, type JsonObject, mapSchemas } from './keywords.ts';
import { createPatternEngine, patternBytes } from './patterns.ts';
import { createWorkMeter, type WorkMeter } from './work-meter.ts';
import { createCharge, type Work, workOf } from './work-of.ts';

export interface Validator {
  /** What is wrong with `data`, or nothing. Throws `event_data_too_complex` (422). */
  findErrors(data: unknown): FieldError[];
  /** The memory that it may take, as far as can be said. */
  bytes: number;
}

const errorsMax = 50;
const pathLengthMax = 500;
const messageLengthMax = 300;

/** Measured: what any validator takes, and what the code of it takes more. */
const validatorBytes = 50_000;
const bytesPerCharacter = 50;

/** Those of the specification that Ajv has; in its mode `fast`, each is checked in linear time. */
const formatNames = [
  'date',
  'time',
  'date-time',
  'duration',
  'email',
  'hostname',
  'ipv4',
  'ipv6',
  'uri',
  'uri-reference',
  'json-pointer',
  'relative-json-pointer',
] as const;

/**
 * Compiles the JSON Schema (2020-12) of a kind of event. Throws `event_schema_refused` (422) for
 * one that is larger than `bytesMax`, that is not valid, or that could be made to take long, as anybody may have written it.
 */
export function compileSchema(schema: JsonObject, bytesMax?: number): Validator {
  const patterns = checkSchema(schema, bytesMax);
  const text = JSON.stringify(schema);
  const meter = createWorkMeter();
  const validate = compile(createAjv(meter), weigh(schema, tracksKeys(text)));
  return {
    findErrors(data) {
      meter.begin();
      return holds(validate, data) ? [] : (validate.errors ?? []).slice(0, errorsMax).map(present);
    },
    bytes: validatorBytes + text.length * bytesPerCharacter + patterns * patternBytes,
  };
}

/** Beside each schema, what it costs to hold it against a value. */
const workKeyword = 'trellisWork';

/** Of its own for each schema: an instance keeps all that it ever compiled. */
function createAjv(meter: WorkMeter): Ajv2020 {
  const ajv = new Ajv2020({
    meta: false,
    validateSchema: false,
    addUsedSchema: false,
    logger: false,
    // `constructor` is not there because every object inherits one.
    ownProperties: true,
    // All that is wrong would cost memory for each item of a long list.
    allErrors: false,
    // What is referred to often would be compiled as often.
    inlineRefs: false,
    strictTypes: false,
    strictTuples: false,
    allowMatchingProperties: true,
    // 19.99 is a multiple of 0.01 to people.
    multipleOfPrecision: 6,
    // The passes over the code that it makes take longer than they save.
    code: { regExp: createPatternEngine(meter), optimize: false },
  });
  formats.default(ajv, { mode: 'fast', formats: [...formatNames], keywords: false });
  // As everywhere in the API: the format as it comes also takes `urn:uuid:…`.
  ajv.addFormat('uuid', /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i);
  // The first group of rules is the first that is run, before anything has cost anything.
  ajv.RULES.rules.unshift({ rules: [] });
  ajv.addKeyword({
    keyword: workKeyword,
    code: ({ gen, data, schema }) => {
      const charge = gen.scopeValue('keyword', { ref: createCharge(meter, schema as Work) });
      gen.code(_`${charge}(${data})`);
    },
  });
  return ajv;
}

function compile(ajv: Ajv2020, schema: unknown): ValidateFunction {
  try {
    return ajv.compile(schema as JsonObject);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message.slice(0, 300) : 'it cannot be read';
    throw eventErrors.event_schema_refused(`The schema cannot be compiled: ${reason}`, { cause });
  }
}

/** The schema without what is for people, and with the work that each part of it is. */
function weigh(schema: unknown, tracks: boolean): unknown {
  if (typeof schema !== 'object' || schema === null) return schema;
  const keywords = Object.entries(schema as JsonObject).filter(([keyword]) => !isNote(keyword));
  if (keywords.length === 0) return {};
  const kept = Object.fromEntries(keywords);
  const weighed = keywords.map(([keyword, value]): [string, unknown] => [
    keyword,
    mapSchemas(keyword, value, (part) => weigh(part, tracks)),
  ]);
  return { ...Object.fromEntries(weighed), [workKeyword]: workOf(kept, tracks) };
}

/** Whether some part asks for what no other part has looked at; then all parts keep account. */
function tracksKeys(text: string): boolean {
  return text.includes('"unevaluated');
}

function holds(validate: ValidateFunction, data: unknown): boolean {
  try {
    return validate(data);
  } catch (error) {
    // Two values that are nested without end were compared with each other.
    if (error instanceof RangeError) throw eventErrors.event_data_too_complex();
    throw error;
  }
}

function present({ keyword, instancePath, params, message }: ErrorObject): FieldError {
  const extra =
    params.additionalProperty ?? params.unevaluatedProperty ?? params.missingProperty ?? '';
  const path = `body/data${instancePath}${extra === '' ? '' : `/${String(extra)}`}`;
  return {
    path: path.slice(0, pathLengthMax),
    message: messageOf(keyword, message).slice(0, messageLengthMax),
  };
}

function messageOf(keyword: string, message = 'is not valid'): string {
  if (keyword === 'additionalProperties' || keyword === 'unevaluatedProperties') {
    return 'is not known here';
  }
  return keyword === 'required' ? 'is missing' : message;
}
