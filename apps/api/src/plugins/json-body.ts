import type { App } from '@trellis/http/types';
import plugin from 'fastify-plugin';

/**
 * An empty body that says it is JSON counts as no body: many clients send the header with every
 * request. Where a route needs a body, its schema says so.
 */
async function jsonBodyPlugin(app: App): Promise<void> {
  const parse = app.getDefaultJsonParser('error', 'error');
  app.removeContentTypeParser(['application/json', 'text/plain']);
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (request, body, done) => {
    if (body === '') return done(null, undefined);
    return parse(request, String(body), done);
  });
}

export default plugin(jsonBodyPlugin, { name: 'json-body' });
