import { randomBytes } from 'node:crypto';
import type { Api, Reply } from '@trellis/test/api';
import { mailedToken } from '@trellis/test/mail';
import type { Account } from '@trellis/test/sign-up';

type Caller = Pick<Account, 'token'>;

export interface Invited {
  id: string;
  email: string;
  /** Of the link in the mail. */
  token: string;
}

export function newEmail(): string {
  return `new-${randomBytes(5).toString('hex')}@example.com`;
}

/** Invites somebody whom nobody knows, unless told otherwise. */
export async function invite(
  api: Pick<Api, 'app' | 'request'>,
  { token }: Caller,
  input: { email?: string; roleIds?: string[] } = {},
): Promise<Invited> {
  const email = input.email ?? newEmail();
  const { status, body } = await api.request('POST', '/invitations', {
    token,
    body: { ...input, email },
  });
  if (status !== 201) throw new Error(`inviting answered ${status}: ${JSON.stringify(body)}`);
  return { id: body.id, email, token: await mailedToken(api, email, 'invitation') };
}

/** `session` is an access token, of whoever is logged in. */
export function accept(api: Pick<Api, 'request'>, body: unknown, session?: string): Promise<Reply> {
  return api.request('POST', '/invitations/accept', { token: session, body });
}

/** Moves the end of an invitation into the past. */
export async function expire({ app }: Pick<Api, 'app'>, id: string): Promise<void> {
  await app.platform.db.querySystem(
    (sql) => sql`update invitations set expires_at = now() where id = ${id}`,
  );
}

/** Counts the person's address as verified, as if its link had been opened. */
export async function verifyEmail({ app }: Pick<Api, 'app'>, userId: string): Promise<void> {
  await app.platform.db.querySystem(
    (sql) => sql`update users set email_verified_at = now() where id = ${userId}`,
  );
}

/** How many people the tenant may have. */
export async function setMaxUsers(
  { app }: Pick<Api, 'app'>,
  { tenant }: Pick<Account, 'tenant'>,
  maxUsers: number,
): Promise<void> {
  await app.platform.db.querySystem(
    (sql) => sql`
      update tenants set plan_overrides = jsonb_build_object('maxUsers', ${maxUsers}::int)
      where id = ${tenant.id}`,
  );
}
