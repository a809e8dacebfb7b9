import type { Api } from './api.ts';
import { mailedToken, passMailInterval } from './mail.ts';
import { type Account, password } from './sign-up.ts';

/**
 * Makes a person of one tenant a member of another too, by an invitation that they accept with the
 * password of the tests. Their address counts as verified from then on.
 */
export async function joinTenant(
  api: Pick<Api, 'app' | 'request'>,
  { token }: Pick<Account, 'token'>,
  userId: string,
): Promise<void> {
  const [person] = await api.app.platform.db.querySystem<{ email: string }>(
    (sql) => sql`
      update users set email_verified_at = coalesce(email_verified_at, now())
      where id = ${userId} returning email`,
  );
  const email = person?.email ?? '';
  await passMailInterval(api);
  const invited = await api.request('POST', '/invitations', { token, body: { email } });
  if (invited.status !== 201) throw new Error(`inviting answered ${invited.status}`);
  const accepted = await api.request('POST', '/invitations/accept', {
    body: { token: await mailedToken(api, email, 'invitation'), password },
  });
  if (accepted.status !== 200) throw new Error(`accepting answered ${accepted.status}`);
}
