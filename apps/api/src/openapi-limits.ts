import type { TSchema } from '@sinclair/typebox';
import { rateLimitHeaders, retryLater } from '@trellis/http/reply-schemas';

/** Marks the operations that the limits of requests hold for, until the document is whole. */
export const limitedMark = 'x-limited';

interface Reference {
  $ref: string;
}

interface Response {
  description?: string;
  headers?: Record<string, object>;
  content?: object;
}

interface Operation {
  [limitedMark]?: boolean;
  responses?: Record<string, Response | Reference>;
}

interface Document {
  paths?: Record<string, unknown>;
  components?: object;
}

const told = ['RateLimit', 'RateLimit-Policy'];

/**
 * Says of each marked operation that it may be refused, and what its answers tell of the limits. By
 * reference: the same on each route would be a good part of the document.
 */
export function documentLimits(document: Document): void {
  for (const path of Object.values(document.paths ?? {})) {
    for (const operation of Object.values(path as Record<string, Operation>)) {
      if (operation[limitedMark]) documentLimit(operation);
      delete operation[limitedMark];
    }
  }
  const components = (document.components ?? {}) as Record<string, object>;
  document.components = {
    ...components,
    headers: { ...components.headers, ...describedHeaders() },
    responses: { ...components.responses, RateLimited: rateLimited },
  };
}

function documentLimit(operation: Operation): void {
  const responses = operation.responses ?? {};
  for (const [status, response] of Object.entries(responses)) {
    if ('$ref' in response) continue;
    const names = status === '429' ? Object.keys(rateLimitHeaders) : told;
    const isTold = status === '429' || status.startsWith('2');
    if (isTold) response.headers = { ...response.headers, ...referencesTo(names) };
  }
  operation.responses = {
    429: { $ref: '#/components/responses/RateLimited' },
    ...responses,
  };
}

const rateLimited: Response = {
  description:
    'The requests of the tenant, the caller or the address are used up for now; `Retry-After` says when to come back.',
  headers: referencesTo([...Object.keys(rateLimitHeaders), ...Object.keys(retryLater)]),
  content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
};

function referencesTo(names: readonly string[]): Record<string, Reference> {
  return Object.fromEntries(names.map((name) => [name, { $ref: `#/components/headers/${name}` }]));
}

function describedHeaders(): Record<string, object> {
  const all: Record<string, TSchema> = { ...rateLimitHeaders, ...retryLater };
  return Object.fromEntries(
    Object.entries(all).map(([name, { description, ...schema }]) => [
      name,
      { description, schema },
    ]),
  );
}
