import swagger, { type FastifyDynamicSwaggerOptions } from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import type { Access } from '@trellis/http/access';
import { problem } from '@trellis/http/reply-schemas';
import type { App } from '@trellis/http/types';
import type { FastifySchema, RouteOptions } from 'fastify';
import plugin from 'fastify-plugin';
import { documentLimits, limitedMark } from '../openapi-limits.ts';
import { version } from '../version.ts';
import type { PluginOptions } from './platform.ts';

const description = `One multi-tenant backend. Errors are \`application/problem+json\` (RFC 9457) with a
stable \`code\`. Lists answer \`{ data, nextCursor }\`. Times are ISO 8601 in UTC, ids are UUIDv7. Requests are
limited: \`RateLimit\` and \`X-RateLimit-*\` of each answer say what is left, and a 429 when to come back.`;

/** OpenAPI 3.1 at /docs/json, and a page to browse it at /docs. */
async function openapiPlugin(app: App, { settings }: PluginOptions): Promise<void> {
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: { title: 'Trellis', version, description, license: { name: 'Apache-2.0' } },
      servers: settings.PUBLIC_URL ? [{ url: settings.PUBLIC_URL }] : [],
      components: {
        securitySchemes: {
          accessToken: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' },
          apiKey: { type: 'apiKey', in: 'header', name: 'X-API-Key' },
        },
      },
    },
    refResolver: {
      buildLocalReference: (json, _base, _fragment, index) => String(json.$id ?? `def-${index}`),
    },
    transform: ({ schema, url, route }) => ({ schema: describe(schema, route), url }),
    transformObject(document) {
      if (!('openapiObject' in document)) return {};
      documentLimits(document.openapiObject);
      return asOptionalBodies(document.openapiObject);
    },
  });
  await app.register(swaggerUi, { routePrefix: '/docs', staticCSP: true });
}

const idempotencyKey = {
  type: 'string',
  maxLength: 255,
  description: 'Repeat the request with the same key to get the first answer again.',
};

type Route = Pick<RouteOptions, 'method' | 'config'>;

/** Adds to a route's documentation what its config declares. */
function describe(schema: FastifySchema, { method, config }: Route): FastifySchema {
  const needed = config?.access;
  const needs = needed?.kind === 'permission' && `Needs the permission \`${needed.permission}\`.`;
  const { querystring, body } = schema as { querystring?: ObjectSchema; body?: ObjectSchema };
  return {
    ...schema,
    description: [schema.description, needs].filter(Boolean).join('\n\n'),
    security: securityOf(needed),
    ...(needed && config?.limits !== false && { [limitedMark]: true }),
    response: config?.idempotent
      ? withReplay(responsesOf(schema, method))
      : responsesOf(schema, method),
    ...(querystring && { querystring: withoutDefaulted(querystring) }),
    ...(body && { body: withoutDefaulted(body) }),
    ...(config?.idempotent && {
      headers: { type: 'object', properties: { 'Idempotency-Key': idempotencyKey } },
    }),
  };
}

const malformed = { 400: problem(400) };
const bodyRefusals = { ...malformed, 408: problem(408), 413: problem(413), 415: problem(415) };

/**
 * A body is read on every method that may have one, also where the route asks for none, and can be
 * refused. Another route that takes nothing has nothing to refuse as malformed.
 */
function responsesOf(schema: FastifySchema, method: Route['method']): unknown {
  if (typeof schema.response !== 'object') return schema.response;
  if (method !== 'GET' && method !== 'HEAD') return { ...bodyRefusals, ...schema.response };
  const takesSomething = schema.params ?? schema.querystring ?? schema.headers;
  return takesSomething ? { ...malformed, ...schema.response } : schema.response;
}

/** Which credentials a route takes; any one of them is enough, and an empty one stands for none. */
function securityOf(needed: Access | undefined): Record<string, string[]>[] {
  const either: Record<string, string[]>[] = [{ accessToken: [] }, { apiKey: [] }];
  switch (needed?.kind) {
    case 'permission':
    case 'authenticated':
      return either;
    case 'optional':
      return [{}, ...either];
    case 'session':
      return [{ accessToken: [] }];
    default:
      return [];
  }
}

const replayed = {
  'Idempotency-Replayed': {
    type: 'string',
    description: '`true` when this is the answer of an earlier request with the same key.',
    examples: ['true'],
  },
};

type Responses = Record<string, { headers?: object }>;

/** What a route that honours `Idempotency-Key` tells of it when it succeeds. */
function withReplay(responses: unknown): unknown {
  const entries = Object.entries((responses ?? {}) as Responses);
  return Object.fromEntries(
    entries.map(([status, response]) => [
      status,
      status.startsWith('2')
        ? { ...response, headers: { ...response.headers, ...replayed } }
        : response,
    ]),
  );
}

interface ObjectSchema {
  required?: string[];
  properties?: Record<string, { default?: unknown }>;
}

/** What has a default is there for the handler, but need not be sent. */
function withoutDefaulted(schema: ObjectSchema): ObjectSchema {
  if (!schema.required) return schema;
  const isDefaulted = (name: string) => schema.properties?.[name]?.default !== undefined;
  return { ...schema, required: schema.required.filter((name) => !isDefaulted(name)) };
}

type Document = Extract<
  Parameters<NonNullable<FastifyDynamicSwaggerOptions['transformObject']>>[0],
  { openapiObject: unknown }
>['openapiObject'];

/** A body that may be null may be left out; the plugin takes every body for required. */
function asOptionalBodies(document: Document): Document {
  for (const path of Object.values(document.paths ?? {})) {
    for (const { requestBody } of Object.values(path ?? {}) as { requestBody?: BodyObject }[]) {
      const schemas = Object.values(requestBody?.content ?? {}).map(({ schema }) => schema);
      if (requestBody && schemas.some(mayBeNull)) requestBody.required = false;
    }
  }
  return document;
}

interface BodyObject {
  required?: boolean;
  content: Record<string, { schema?: { type?: unknown } }>;
}

function mayBeNull(schema: { type?: unknown } | undefined): boolean {
  return [schema?.type].flat().includes('null');
}

export default plugin(openapiPlugin, { name: 'openapi' });
