import type { Api } from '@trellis/test/api';
import { mailedToken } from '@trellis/test/mail';
import type { Account } from '@trellis/test/sign-up';

type Requests = Pick<Api, 'request'>;

/** The token of a mail that the person asked for just now. Needs a worker. */
export async function forgottenPasswordToken(api: Api, email: string): Promise<string> {
  await api.request('POST', '/auth/password/forgot', { body: { email } });
  return mailedToken(api, email, 'reset-password');
}

/** As if a minute had passed since the last mail of each kind to anybody. */
export async function aMinuteLater({ app }: Pick<Api, 'app'>): Promise<void> {
  await app.platform.db.querySystem(
    (sql) => sql`update login_throttles set blocked_until = now() where key like 'mail:%'
      returning key`,
  );
}

/** The status of `GET /auth/me`: 200 while the token's session stands, else 401. */
export async function statusOf(api: Requests, token: string): Promise<number> {
  return (await api.request('GET', '/auth/me', { token })).status;
}

/** What the trail of the account's tenant has of an action, the newest first. */
export async function trailOf(api: Requests, { token }: Pick<Account, 'token'>, action: string) {
  const { body } = await api.request('GET', `/audit-logs?action=${action}`, { token });
  return body.data;
}
