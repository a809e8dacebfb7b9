import { assertWellFormed, readJsonBodies } from '@trellis/http/json-body';
import type { App } from '@trellis/http/types';
import plugin from 'fastify-plugin';

/** JSON is all that is read where a route does not say otherwise. */
async function jsonBodyPlugin(app: App): Promise<void> {
  app.removeContentTypeParser('text/plain');
  readJsonBodies(app, {
    poisoning: 'error',
    onBody: (_request, text, value) => assertWellFormed(value, text),
  });
}

export default plugin(jsonBodyPlugin, { name: 'json-body' });
