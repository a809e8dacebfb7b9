import { randomBytes } from 'node:crypto';
import type { Api } from './api.ts';

export interface Account {
  token: string;
  refreshToken: string;
  user: { id: string; email: string; name: string };
  tenant: { id: string; name: string; slug: string };
}

export const password = 'correct horse battery';

/** A new tenant with its owner logged in. */
export async function signUp(api: Pick<Api, 'request'>, name = 'Acme'): Promise<Account> {
  const email = `${name.toLowerCase()}-${randomBytes(5).toString('hex')}@example.com`;
  const { status, body } = await api.request('POST', '/auth/register', {
    body: { tenantName: name, name: `${name} owner`, email, password },
  });
  if (status !== 201) throw new Error(`sign-up answered ${status}: ${JSON.stringify(body)}`);
  return {
    token: body.accessToken,
    refreshToken: body.refreshToken,
    user: body.user,
    tenant: body.tenant,
  };
}
