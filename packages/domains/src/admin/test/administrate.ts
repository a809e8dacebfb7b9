import { type Api, type Reply, type StartApiOptions, startApi } from '@trellis/test/api';
import { platformAdmin } from '@trellis/test/platform-admin';
import { type Account, signUp } from '@trellis/test/sign-up';
import type { Test } from 'tap';

export interface Platform {
  api: Api;
  admin: Account;
  /** Some customer, who owns a tenant. */
  account: Account;
  /** As the administrator. */
  call(
    method: string,
    path: string,
    body?: unknown,
    headers?: Record<string, string>,
  ): Promise<Reply>;
}

/** An API with an administrator and one customer. */
export async function startPlatform(
  t: Pick<Test, 'teardown'>,
  options: StartApiOptions = {},
): Promise<Platform> {
  const api = await startApi(t, options);
  const admin = await platformAdmin(api);
  const { token } = admin;
  return {
    api,
    admin,
    account: await signUp(api),
    call: (method, path, body, headers = {}) => api.request(method, path, { token, body, headers }),
  };
}

/** A plan that is complete and small; with other limits where they are given. */
export const samplePlan = (planType: string, limits: Record<string, unknown> = {}) => ({
  planType,
  name: `Plan ${planType}`,
  rateLimit: 300,
  maxUsers: 3,
  maxStorage: 1_000,
  maxWebhooks: 2,
  maxEvents: 50,
  retentionDays: 3,
  ...limits,
});

/** What the trail of the account's tenant tells of one action, the newest first. */
export async function trailOf(
  api: Pick<Api, 'request'>,
  { token }: Pick<Account, 'token'>,
  action: string,
) {
  const { body } = await api.request('GET', `/audit-logs?action=${action}&limit=100`, { token });
  return body.data;
}

/** Holds the answers to a customer and to nobody against what is for administrators alone. */
export async function isForAdministrators(
  t: Test,
  { api, account }: Pick<Platform, 'api' | 'account'>,
  method: string,
  path: string,
  body?: unknown,
): Promise<void> {
  const refused = await api.request(method, path, { token: account.token, body });
  t.equal(refused.status, 403);
  t.equal(refused.body.code, 'forbidden', 'the owner of a tenant is no administrator');
  const anonymous = await api.request(method, path, { body });
  t.equal(anonymous.status, 401);
  t.equal(anonymous.body.code, 'unauthenticated');
}
