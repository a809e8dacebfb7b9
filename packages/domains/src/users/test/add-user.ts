import { randomBytes } from 'node:crypto';
import type { Api } from '@trellis/test/api';
import { type Account, password } from '@trellis/test/sign-up';

export interface AddedUser {
  id: string;
  email: string;
  roleId: string;
  token: string;
  refreshToken: string;
}

type Requests = Pick<Api, 'request'>;

/** A person in the account's tenant whose one role holds exactly these permissions, logged in. */
export async function addUser(
  api: Requests,
  account: Account,
  permissions: string[],
): Promise<AddedUser> {
  const suffix = randomBytes(5).toString('hex');
  const role = await made(api, account, '/roles', { name: `Role ${suffix}`, permissions });
  const email = `user-${suffix}@example.com`;
  const user = await made(api, account, '/users', {
    email,
    name: `User ${suffix}`,
    password,
    roleIds: [role.id],
  });
  const tokens = await logIn(api, email, account.tenant.id);
  return { id: user.id, email, roleId: role.id, ...tokens };
}

/** Logs a person in who has the password of the tests. */
export async function logIn(
  api: Requests,
  email: string,
  tenantId: string,
): Promise<{ token: string; refreshToken: string }> {
  const { status, body } = await api.request('POST', '/auth/login', {
    body: { email, password, tenantId },
  });
  if (status !== 200) throw new Error(`log-in answered ${status}: ${JSON.stringify(body)}`);
  return { token: body.accessToken, refreshToken: body.refreshToken };
}

/** The id of a system role of the account's tenant. */
export async function systemRoleId(api: Requests, account: Account, name: string): Promise<string> {
  const { body } = await api.request('GET', '/roles', { token: account.token });
  const role = body.data.find(
    (one: { name: string; isSystem: boolean }) => one.isSystem && one.name === name,
  );
  return role.id;
}

async function made(api: Requests, { token }: Account, path: string, body: object) {
  const reply = await api.request('POST', path, { token, body });
  if (reply.status !== 201) {
    throw new Error(`POST ${path} answered ${reply.status}: ${JSON.stringify(reply.body)}`);
  }
  return reply.body;
}
