import type { App } from '@trellis/http/types';
import { Ajv, type Options } from 'ajv';
import formats from 'ajv-formats';
import plugin from 'fastify-plugin';

/** Refuses what the schema does not name, instead of dropping it as Fastify does by default. */
const strict: Options = { removeAdditional: false, useDefaults: true, allErrors: true };

function createAjv(options: Options): Ajv {
  const ajv = new Ajv({ ...options, keywords: ['kind', 'modifier'], strictTypes: false });
  formats.default(ajv);
  // The format as it comes also takes `urn:uuid:…`, which Postgres does not.
  ajv.addFormat('uuid', /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i);
  return ajv;
}

/** Text is converted to numbers only where all there is is text: not in a JSON body. */
async function validationPlugin(app: App): Promise<void> {
  const body = createAjv({ ...strict, coerceTypes: false });
  const text = createAjv({ ...strict, coerceTypes: 'array' });
  app.setValidatorCompiler(({ schema, httpPart }) =>
    (httpPart === 'body' ? body : text).compile(schema as object),
  );
}

export default plugin(validationPlugin, { name: 'validation' });
