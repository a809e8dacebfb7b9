import { join } from 'node:path';
import autoload from '@fastify/autoload';
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import { parseList } from '@trellis/config/parse-list';
import type { ApiSettings } from '@trellis/config/settings';
import { newId } from '@trellis/core/ids';
import { logSerializers } from '@trellis/core/log';
import { domainsFolder } from '@trellis/domains/folder';
import type { App } from '@trellis/http/types';
import Fastify, {
  type FastifyHttpOptions,
  type FastifyReply,
  type FastifyRequest,
  type FastifyServerOptions,
  LogController,
  type RawServerDefault,
} from 'fastify';
import { requireAccess } from './access-hook.ts';
import { answerBrokenRequest } from './broken-request.ts';
import { drainOnClose } from './drain.ts';
import { sendProblem } from './plugins/errors.ts';
import { securityHeaders } from './plugins/security-headers.ts';

export interface AppOptions {
  logger: FastifyServerOptions['logger'];
  /** Where the domains are; another folder in tests of the loading itself. */
  domains?: string;
  /** How long `close` waits for clients to notice; 0, as in most tests, cuts idle ones off. */
  quietMs?: number;
}

/** The API with all its plugins and domains, ready to listen. */
export async function buildApp(settings: ApiSettings, options: AppOptions): Promise<App> {
  const app = Fastify(serverOptions(settings, options)).withTypeProvider<TypeBoxTypeProvider>();
  try {
    await mount(app as App, settings, options);
  } catch (error) {
    // Open connections would keep the process from ending.
    await app.close();
    throw error;
  }
  return app as App;
}

async function mount(app: App, settings: ApiSettings, options: AppOptions): Promise<void> {
  const permissions = new Set<string>();
  app.decorate('permissions', permissions);
  drainOnClose(app, {
    quietMs: options.quietMs ?? 0,
    limitMs: Math.round(settings.SHUTDOWN_TIMEOUT_MS * 0.8),
  });
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
      // A hidden folder is some tool's.
      ignorePattern: /(^|\/)\./,
      dirNameRoutePrefix: false,
      forceESM: true,
      options: { prefix: '/api/v1' },
    });
  });
  await app.ready();
}

function serverOptions(settings: ApiSettings, options: AppOptions) {
  const proxies = parseList(settings.TRUST_PROXY);
  return {
    logger: loggerOf(options),
    logController: new LogController({ disableRequestLogging: true }),
    trustProxy: proxies.length > 0 ? proxies : false,
    bodyLimit: settings.BODY_LIMIT_BYTES,
    keepAliveTimeout: settings.KEEP_ALIVE_TIMEOUT_MS,
    http: {
      // It would end every long upload; plugins/body-limits.ts bounds each body by its route.
      requestTimeout: 0,
      headersTimeout: Math.min(settings.HEADERS_TIMEOUT_MS, settings.REQUEST_TIMEOUT_MS),
      // How often the timeout is looked after; Node's own 30 s would be added to it.
      connectionsCheckingInterval: 1_000,
      // Node's own refusal has no body; ours is in plugins/http-rules.ts.
      requireHostHeader: false,
    },
    // A busy machine takes longer than Fastify's 10 s to read all files; the orchestrator gives up first.
    pluginTimeout: 60_000,
    routerOptions: { maxParamLength: 512 },
    genReqId: (request: { headers: Record<string, unknown> }) => requestIdOf(request.headers),
    // What was accepted is answered; drain.ts ends the connections.
    return503OnClosing: false,
    frameworkErrors: sendEarlyProblem,
    clientErrorHandler: answerBrokenRequest,
  } satisfies FastifyHttpOptions<RawServerDefault>;
}

/** Fastify's own serializers would log what errors hold, and URLs with what signs them. */
function loggerOf({ logger = false }: AppOptions): FastifyServerOptions['logger'] {
  if (typeof logger !== 'object') return logger;
  return { ...logger, serializers: { ...logSerializers, req: describeRequest } };
}

function describeRequest({ method, routeOptions, ip }: FastifyRequest) {
  return { method, route: routeOptions.url, ip };
}

/** For what Fastify refuses before any hook has run, such as a URL that cannot be decoded. */
function sendEarlyProblem(error: unknown, request: FastifyRequest, reply: FastifyReply): void {
  reply.headers(securityHeaders).header('x-request-id', request.id);
  sendProblem(error, request, reply);
}

/** A request id from outside goes into logs and the audit, so its form is bounded. */
function requestIdOf(headers: Record<string, unknown>): string {
  const given = headers['x-request-id'];
  return typeof given === 'string' && /^[\w.:-]{1,128}$/.test(given) ? given : newId();
}
