import { defineErrors } from './errors.ts';

/** Errors that belong to the platform itself, not to one domain. */
export const commonErrors = defineErrors({
  validation_failed: {
    status: 400,
    title: 'The request is not valid',
    description:
      'A part of the request does not fit its schema: a missing, unknown or malformed property, or an id that is no UUID. `errors` lists each with its path.',
  },
  malformed_json: {
    status: 400,
    title: 'The body is not valid JSON',
    description: 'The body could not be parsed as JSON, or was empty where JSON was announced.',
  },
  invalid_text: {
    status: 400,
    title: 'The text cannot be stored',
    description: 'A string holds a NUL character or a sequence that is not valid Unicode.',
  },
  invalid_cursor: {
    status: 400,
    title: 'The cursor is not valid',
    description: 'Pass `nextCursor` of the page before, unchanged, or leave the cursor out.',
  },
  bad_request: {
    status: 400,
    title: 'The request cannot be read',
    description: 'The request breaks HTTP itself, for example a length that does not match.',
  },
  unauthenticated: {
    status: 401,
    title: 'Authentication is required',
    description: 'No credential was sent, or it is malformed, expired or revoked.',
  },
  forbidden: {
    status: 403,
    title: 'Permission is missing',
    description: 'The credential is valid but does not hold the permission that `detail` names.',
  },
  plan_limit_reached: {
    status: 403,
    title: 'The limit of the plan is reached',
    description:
      'The tenant has as many of these as its plan allows; `detail` names the limit. Remove some or change the plan.',
  },
  not_found: {
    status: 404,
    title: 'Not found',
    description:
      'There is no such route, or no such resource in the tenant of the credential. A resource of another tenant answers the same.',
  },
  request_timeout: {
    status: 408,
    title: 'The request took too long to arrive',
    description: 'The whole request must arrive within the time limit of the server.',
  },
  idempotency_key_reused: {
    status: 409,
    title: 'The idempotency key was used for another request',
    description: 'The same `Idempotency-Key` came with another body, path or method.',
  },
  idempotency_in_progress: {
    status: 409,
    title: 'The first request with this key is still running',
    description: 'Repeat the request after `Retry-After` to get the answer of the first.',
  },
  precondition_failed: {
    status: 412,
    title: 'The resource has changed',
    description: 'The `If-Match` header names an older version. Read the resource again.',
  },
  payload_too_large: {
    status: 413,
    title: 'The body is too large',
    description: 'The body is larger than this route accepts; `detail` names the limit in bytes.',
  },
  unsupported_media_type: {
    status: 415,
    title: 'The content type is not supported',
    description: 'Send `Content-Type: application/json` unless the route says otherwise.',
  },
  rate_limited: {
    status: 429,
    title: 'Too many requests',
    description:
      'The requests of the tenant, the caller or the address are used up for now. `RateLimit` says of which limit, and `Retry-After` when there is room again.',
  },
  headers_too_large: {
    status: 431,
    title: 'The headers are too large',
    description: 'All headers together are larger than the server accepts.',
  },
  internal_error: {
    status: 500,
    title: 'Something went wrong on our side',
    description: 'The failure was logged under `requestId`; no detail of it is shown.',
  },
  unavailable: {
    status: 503,
    title: 'The service cannot answer now',
    description:
      'The database cannot be reached, or the server is shutting down. Try again after `Retry-After`.',
  },
});
