import { join } from 'node:path';
import autoload from '@fastify/autoload';
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import { parseList } from '@trellis/config/load-settings';
import type { ApiSettings } from '@trellis/config/settings';
import { newId } from '@trellis/core/ids';
import { domainsFolder } from '@trellis/domains/folder';
import type { App } from '@trellis/http/types';
import Fastify, {
  type FastifyHttpOptions,
  type FastifyServerOptions,
  LogController,
  type RawServerDefault,
} from 'fastify';
import { requireAccess } from './access-hook.ts';
import { answerBrokenRequest } from './broken-request.ts';
import { sendProblem } from './plugins/errors.ts';

export interface AppOptions {
  logger: FastifyServerOptions['logger'];
  /** Where the domains are; another folder in tests of the loading itself. */
  domains?: string;
}

/** The API with all its plugins and domains, ready to listen. */
export async function buildApp(settings: ApiSettings, options: AppOptions): Promise<App> {
  const app = Fastify(serverOptions(settings, options)).withTypeProvider<TypeBoxTypeProvider>();
  const permissions = new Set<string>();
  app.decorate('permissions', permissions);
  await app.register(autoload, {
    dir: join(import.meta.dirname, 'plugins'),
    encapsulate: false,
    forceESM: true,
    options: { settings },
  });
  await app.register(async (api) => {
    requireAccess(api as App, permissions);
    await api.register(autoload, {
      dir: options.domains ?? domainsFolder,
      matchFilter: (path) => /^\/?[^/]+\/plugin\.[jt]s$/.test(path),
      dirNameRoutePrefix: false,
      forceESM: true,
      options: { prefix: '/api/v1' },
    });
  });
  await app.ready();
  return app as App;
}

function serverOptions(settings: ApiSettings, options: AppOptions) {
  const proxies = parseList(settings.TRUST_PROXY);
  return {
    logger: options.logger ?? false,
    logController: new LogController({ disableRequestLogging: true }),
    trustProxy: proxies.length > 0 ? proxies : false,
    bodyLimit: settings.BODY_LIMIT_BYTES,
    requestTimeout: settings.REQUEST_TIMEOUT_MS,
    keepAliveTimeout: settings.KEEP_ALIVE_TIMEOUT_MS,
    http: { headersTimeout: settings.HEADERS_TIMEOUT_MS },
    routerOptions: { maxParamLength: 512 },
    genReqId: (request: { headers: Record<string, unknown> }) => requestIdOf(request.headers),
    // What was accepted is answered; only the listener is closed.
    return503OnClosing: false,
    forceCloseConnections: 'idle',
    frameworkErrors: sendProblem,
    clientErrorHandler: answerBrokenRequest,
  } satisfies FastifyHttpOptions<RawServerDefault>;
}

/** A request id from outside goes into logs and the audit, so its form is bounded. */
function requestIdOf(headers: Record<string, unknown>): string {
  const given = headers['x-request-id'];
  return typeof given === 'string' && /^[\w.:-]{1,128}$/.test(given) ? given : newId();
}
