import { commonErrors } from '@trellis/core/common-errors';
import type { App } from '@trellis/http/types';
import plugin from 'fastify-plugin';
import { watchExchanges } from '../broken-request.ts';

/** Rules of HTTP that Node would enforce with an empty answer instead of a problem. */
async function httpRulesPlugin(app: App): Promise<void> {
  watchExchanges(app.server);
  // An expectation other than `100-continue` may be ignored (RFC 9110, 10.1.1).
  app.server.on('checkExpectation', (request, response) => {
    app.server.emit('request', request, response);
  });
  app.addHook('onRequest', (request, _reply, done) => {
    const { headers, httpVersion } = request.raw;
    // RFC 9112, 3.2; HTTP/1.0 did not have it.
    const isMissing = headers.host === undefined && httpVersion !== '1.0';
    done(isMissing ? commonErrors.bad_request('The `Host` header is missing.') : undefined);
  });
}

export default plugin(httpRulesPlugin, { name: 'http-rules', dependencies: ['security-headers'] });
