import { setUp } from '../../../apps/api/src/setup.ts';
import type { Api } from './api.ts';
import { type Account, password } from './sign-up.ts';

/**
 * The administrator of the platform, made by the setup step of an installation, logged in. Has to
 * come before anybody signs up: the setup makes one in an empty database only.
 */
export async function platformAdmin(api: Pick<Api, 'request' | 'env'>): Promise<Account> {
  const { admin } = await setUp({ env: { ...api.env, ADMIN_PASSWORD: password }, demo: false });
  if (!admin) throw new Error('somebody has signed up already');
  const { status, body } = await api.request('POST', '/auth/login', { body: admin });
  if (status !== 200) throw new Error(`log-in answered ${status}: ${JSON.stringify(body)}`);
  return {
    token: body.accessToken,
    refreshToken: body.refreshToken,
    user: body.user,
    tenant: body.tenant,
  };
}
