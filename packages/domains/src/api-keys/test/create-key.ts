import type { Api } from '@trellis/test/api';
import type { CreatedApiKeyReply } from '../schemas.ts';

/** A key of the tenant of `token`. */
export async function createKey(
  api: Pick<Api, 'request'>,
  token: string,
  permissions: string[],
  more: { name?: string; expiresAt?: string; rateLimit?: number } = {},
): Promise<CreatedApiKeyReply> {
  const body = { name: 'Test', permissions, ...more };
  const reply = await api.request('POST', '/api-keys', { token, body });
  if (reply.status !== 201) {
    throw new Error(`POST /api-keys answered ${reply.status}: ${JSON.stringify(reply.body)}`);
  }
  return reply.body;
}
