import type { Api } from '@trellis/test/api';
import { type Account, password } from '@trellis/test/sign-up';
import { TOTP } from 'otpauth';
import { codeKey } from '../throttle/throttle-keys.ts';
import { claimsOf } from './claims-of.ts';

type Requests = Pick<Api, 'request' | 'app'>;

/** A person's authenticator app, and the recovery codes. */
export interface Device {
  secret: string;
  /** The code that turned the second factor on. */
  usedCode: string;
  recoveryCodes: string[];
}

/** What the app shows, so many steps of 30 s from now. */
export function codeOf(secret: string, steps = 0): string {
  return new TOTP({ secret }).generate({ timestamp: Date.now() + steps * 30_000 });
}

/** A code that nobody's app shows now. */
export function wrongCodeOf(secret: string): string {
  const near = new Set([-2, -1, 0, 1, 2].map((steps) => codeOf(secret, steps)));
  for (let number = 0; ; number++) {
    const code = String(number).padStart(6, '0');
    if (!near.has(code)) return code;
  }
}

/** As if the person had followed the link in the mail. */
export async function verifyAddress({ app }: Pick<Api, 'app'>, token: string): Promise<void> {
  await app.platform.db.querySystem(
    (sql) =>
      sql`update users set email_verified_at = coalesce(email_verified_at, now())
        where id = ${claimsOf(token).sub} returning id`,
  );
}

/** Turns the second factor on; the code of this time step is used up with it. */
export async function enableMfa(api: Requests, { token }: Pick<Account, 'token'>): Promise<Device> {
  await verifyAddress(api, token);
  const { body } = await api.request('POST', '/auth/mfa/setup', { token, body: { password } });
  const usedCode = codeOf(body.secret);
  const enabled = await api.request('POST', '/auth/mfa/enable', {
    token,
    body: { code: usedCode },
  });
  if (enabled.status !== 200) throw new Error(`enabling answered ${enabled.status}`);
  return { secret: body.secret, usedCode, recoveryCodes: enabled.body.recoveryCodes };
}

/** As if time had passed: codes of this moment that were used work once more. */
export async function forgetUsedSteps({ app }: Pick<Api, 'app'>, userId: string): Promise<void> {
  await app.platform.db.querySystem(
    (sql) =>
      sql`update second_factors set last_step = 0 where user_id = ${userId} returning user_id`,
  );
}

/** How many wrong codes are held against a person. */
export async function wrongCodesOf({ app }: Pick<Api, 'app'>, userId: string): Promise<number> {
  const [row] = await app.platform.db.querySystem<{ failures: number }>(
    (sql) => sql`select failures from login_throttles where key = ${codeKey(userId)}`,
  );
  return row?.failures ?? 0;
}
