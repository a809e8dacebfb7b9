import type { Static, TObject } from '@sinclair/typebox';
import { envSchema } from 'env-schema';
import { type Format, formats } from './formats.ts';

interface AjvError {
  instancePath: string;
  keyword: string;
  message?: string;
  params: Record<string, unknown>;
}

/** A setting is missing or wrong. Its message is one line that names the setting. */
export class SettingError extends Error {
  constructor(message: string, cause?: unknown) {
    super(message, { cause });
    this.name = 'SettingError';
  }
}

/**
 * Reads the settings of `schema` from the environment. An empty value counts as not given, as in
 * .env.example. Throws SettingError.
 */
export function loadSettings<Schema extends TObject>(
  schema: Schema,
  env: NodeJS.ProcessEnv,
): Static<Schema> {
  const given = Object.fromEntries(
    Object.entries(env).filter(([name, value]) => name in schema.properties && value !== ''),
  );
  try {
    return envSchema<Static<Schema>>({
      schema,
      data: given,
      env: false,
      ajv: {
        customOptions(ajv) {
          for (const [name, { isValid }] of Object.entries(formats)) ajv.addFormat(name, isValid);
          return ajv;
        },
      },
    });
  } catch (error) {
    throw new SettingError(explain(schema, given, error as Error & { errors?: AjvError[] }), error);
  }
}

function explain(
  schema: TObject,
  given: NodeJS.ProcessEnv,
  error: Error & { errors?: AjvError[] },
): string {
  const first = error.errors?.[0];
  if (!first) return error.message;
  const name =
    first.keyword === 'required'
      ? String(first.params.missingProperty)
      : first.instancePath.slice(1);
  const description = schema.properties[name]?.description ?? '';
  const example = schema.properties[name]?.examples?.[0];
  const hint = `${description}${example ? ` Example: ${example}` : ''}`;
  if (first.keyword === 'required') return `${name} is not set. ${hint}`;
  const shown = /KEY|PASSWORD|URL/.test(name) ? 'its value' : JSON.stringify(given[name]);
  return `${name}: ${shown} is not valid, it ${ruleOf(first)}. ${hint}`;
}

function ruleOf({ keyword, params, message }: AjvError): string {
  const known: Record<string, Format> = formats;
  const format = keyword === 'format' ? known[String(params.format)] : undefined;
  return format?.rule ?? message ?? 'has another form';
}
