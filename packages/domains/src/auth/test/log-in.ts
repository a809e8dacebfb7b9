import type { Api, Reply } from '@trellis/test/api';
import { passwordKey } from '../throttle/throttle-keys.ts';

/** Tries to log in, whatever comes of it. */
export function logIn(
  api: Pick<Api, 'request'>,
  email: string,
  password: string,
  tenantId?: string,
): Promise<Reply> {
  return api.request('POST', '/auth/login', { body: { email, password, tenantId } });
}

/** What is held against an account. */
export async function throttleOf(
  { app }: Pick<Api, 'app'>,
  email: string,
): Promise<{ failures: number; blockedUntil: Date; expiresAt: Date } | undefined> {
  const [row] = await app.platform.db.asSystem(
    (tx) => tx.sql`select failures, blocked_until::text, expires_at::text from login_throttles
      where key = ${passwordKey(email)}`,
  );
  if (!row) return undefined;
  const { failures, blocked_until, expires_at } = row;
  return { failures, blockedUntil: new Date(blocked_until), expiresAt: new Date(expires_at) };
}

/** Moves the end of its wait: into the past, as if the time had gone by, or so many seconds ahead. */
export async function unblock(
  { app }: Pick<Api, 'app'>,
  email: string,
  seconds = -1,
): Promise<void> {
  await app.platform.db.asSystem(
    (tx) => tx.sql`update login_throttles
      set blocked_until = now() + make_interval(secs => ${seconds}) where key = ${passwordKey(email)}`,
  );
}
