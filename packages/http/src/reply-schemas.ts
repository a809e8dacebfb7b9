import { type TSchema, Type } from '@sinclair/typebox';

/** What a 401 asks for, in `WWW-Authenticate` (RFC 9110, 11.6.1; RFC 6750, 3). */
export const challenge = 'Bearer realm="trellis"';

/** What each status means, in the OpenAPI document. */
const meanings: Record<number, string> = {
  200: 'The answer.',
  201: 'It was created; `Location` names it.',
  202: 'It was accepted and goes on in the background.',
  204: 'Done; there is no body.',
  400: 'The request is not valid.',
  401: 'No valid credential was sent.',
  403: 'A permission is missing, or the plan allows no more.',
  404: 'There is no such resource in this tenant.',
  408: 'The request did not arrive in time.',
  409: 'It conflicts with what is there.',
  412: 'The resource has changed since it was read.',
  413: 'It is larger than is accepted.',
  415: 'The content type is not supported.',
  416: 'There is no such range.',
  422: 'The request is well formed but cannot be carried out.',
  429: 'Too many tries or requests; `Retry-After` says when to come back.',
  500: 'Something went wrong on our side.',
  503: 'The service cannot answer now.',
};

type Headers = Record<string, TSchema>;

const Location = Type.String({
  description: 'Where the resource is.',
  examples: ['/api/v1/users/0199f2a4-7c1e-7b52-9c1d-4d5c8a1e9b10'],
});
const ETag = Type.String({
  description: 'The version of the resource, for `If-Match`.',
  examples: ['"mgx1v2k0"'],
});
export const retryLater: Headers = {
  'Retry-After': Type.Integer({
    description: 'The seconds after which a repeat has a chance.',
    examples: [2],
  }),
};

/** What each answer to a limited request tells (draft-ietf-httpapi-ratelimit-headers). */
export const rateLimitHeaders: Headers = {
  RateLimit: Type.String({
    description:
      'Of each limit that holds, how many requests remain (`r`), and in how many seconds all of them are there again (`t`).',
    examples: ['"tenant";r=599;t=60'],
  }),
  'RateLimit-Policy': Type.String({
    description: 'The limits that hold: so many requests (`q`) in so many seconds (`w`).',
    examples: ['"tenant";q=600;w=60'],
  }),
  'X-RateLimit-Limit': Type.Integer({
    description: 'Requests in a window, of the limit that is nearest to being used up.',
    examples: [600],
  }),
  'X-RateLimit-Remaining': Type.Integer({
    description: 'How many of them remain.',
    examples: [599],
  }),
  'X-RateLimit-Reset': Type.Integer({
    description: 'The seconds after which all of them are there again.',
    examples: [60],
  }),
};

const headers: Record<number, Headers> = {
  201: { Location },
  401: { 'WWW-Authenticate': Type.String({ examples: [challenge] }) },
  429: retryLater,
  503: retryLater,
};

const named = { ETag, Location };

/** A success of `replies` that carries these headers, beside those that its status has anyway. */
export function withHeaders<Schema extends TSchema>(
  schema: Schema,
  ...names: (keyof typeof named)[]
): Schema {
  return { ...schema, headers: Object.fromEntries(names.map((name) => [name, named[name]])) };
}

/** The reply with a problem of this status. */
export const problem = (status: number) => ({
  description: meanings[status] ?? 'A problem.',
  ...(headers[status] && { headers: headers[status] }),
  content: { 'application/problem+json': { schema: Type.Unsafe({ $ref: 'Problem#' }) } },
});

/**
 * The replies of a route: its success, the errors that it names, and those that every route has.
 * What a malformed request gets follows from what the route takes, and is added with the document.
 * A success of `null` has no body.
 */
export function replies<Success extends Record<number, TSchema>>(
  success: Success,
  ...errors: number[]
): Success {
  const described = Object.entries(success).map(([status, schema]) => {
    const description = schema.description ?? meanings[Number(status)];
    const carried = { ...headers[Number(status)], ...schema.headers };
    const hasHeaders = Object.keys(carried).length > 0;
    return [status, { ...schema, description, ...(hasHeaders && { headers: carried }) }];
  });
  const problems = [...errors, 500, 503].map((status) => [status, problem(status)]);
  return Object.fromEntries([...problems, ...described]) as Success;
}

export const NoContent = Type.Null();

/** For a status that could have a body, such as 202: answer with `send()`. */
export const NoBody = Type.Unsafe<undefined>(Type.Null());
