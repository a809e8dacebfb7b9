import { globSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { Value } from '@sinclair/typebox/value';
import { checkSchema } from '../data-schema/check-schema.ts';
import { compileSchema, type Validator } from '../data-schema/compile-schema.ts';
import type { JsonObject } from '../data-schema/keywords.ts';
import type { EventDefinition } from '../define-event.ts';
import { EventType } from '../event-type.ts';

/** A type of events that some domain declares. */
export interface PlatformType {
  name: string;
  description: string;
  /** JSON Schema of `data`. */
  schema: JsonObject;
  /** Whether nobody but the platform may publish it. */
  isReserved: boolean;
  /** Compiled when it is first asked for: most are published by the platform alone. */
  validator: () => Validator;
}

/** By name, in the order of the names. */
export type Catalogue = ReadonlyMap<string, PlatformType>;

/**
 * Loads what the domains publish: every `events.ts` that is found in a domain's folder. Throws, with
 * one line, for a name that is none, a name that is there twice, and a schema that would be refused
 * from a tenant.
 */
export async function loadCatalogue(folder: string): Promise<Catalogue> {
  const types = new Map<string, PlatformType>();
  for (const file of findFiles(folder)) {
    for (const definition of await readEvents(file)) {
      const { name } = definition;
      if (!Value.Check(EventType, name))
        throw new Error(`"${name}" cannot be the name of an event.`);
      if (types.has(name)) throw new Error(`Event "${name}" is declared twice.`);
      types.set(name, typeOf(definition));
    }
  }
  return new Map([...types].sort(([one], [other]) => (one < other ? -1 : 1)));
}

function findFiles(folder: string): string[] {
  const extension = import.meta.filename.endsWith('.ts') ? 'ts' : 'js';
  return globSync(`*/events.${extension}`, { cwd: folder })
    .sort()
    .map((path) => join(folder, path));
}

async function readEvents(file: string): Promise<EventDefinition[]> {
  const exports = (await import(file)) as Record<string, unknown>;
  const found = Object.values(exports).filter(isEvent);
  if (found.length === 0) throw new Error(`${basename(dirname(file))}/events declares no event.`);
  return found;
}

function isEvent(value: unknown): value is EventDefinition {
  return typeof value === 'object' && value !== null && 'name' in value && 'data' in value;
}

function typeOf({ name, description, data, isReserved = false }: EventDefinition): PlatformType {
  // TypeBox keeps symbols beside what is JSON Schema.
  const schema = JSON.parse(JSON.stringify(data)) as JsonObject;
  try {
    checkSchema(schema);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`Event "${name}": ${reason}`, { cause });
  }
  let compiled: Validator | undefined;
  const validator = () => {
    compiled ??= compileSchema(schema);
    return compiled;
  };
  return { name, description, schema, isReserved, validator };
}
