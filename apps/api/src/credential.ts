import type { IncomingHttpHeaders } from 'node:http';
import { commonErrors } from '@trellis/core/common-errors';
import { looksLikeApiKey } from '@trellis/domains/api-keys/api-key';

/** What a request identifies its caller with. */
export interface Credential {
  kind: 'access_token' | 'api_key';
  text: string;
}

export const credentialAdvice =
  'Send `Authorization: Bearer <access token or API key>`, or `X-API-Key: <API key>`.';

/**
 * Undefined when there is none. Throws `unauthenticated` for one that is malformed, for two, and for
 * an `Authorization` of another scheme, even beside a key: whom it is meant for, nobody can tell.
 */
export function credentialOf(headers: IncomingHttpHeaders): Credential | undefined {
  const { authorization, 'x-api-key': key } = headers;
  const bearer = authorization === undefined ? undefined : bearerOf(authorization);
  const text = bearer ?? key;
  if (text === undefined) return undefined;
  // Which of the two should count, only the caller knows.
  if (key !== undefined && key !== text) {
    throw commonErrors.unauthenticated('Two different credentials were sent.');
  }
  const kind = looksLikeApiKey(String(text)) ? 'api_key' : 'access_token';
  if (key !== undefined && kind !== 'api_key') throw commonErrors.unauthenticated(credentialAdvice);
  return { kind, text: String(text) };
}

/** The one token after the scheme (RFC 6750, 2.1). */
function bearerOf(authorization: string): string {
  const [, token] = /^bearer +(\S+)$/i.exec(authorization) ?? [];
  if (token !== undefined) return token;
  throw commonErrors.unauthenticated(credentialAdvice);
}
