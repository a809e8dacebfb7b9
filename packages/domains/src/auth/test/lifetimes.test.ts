import { setTimeout as sleep } from 'node:timers/promises';
import { startApi } from '@trellis/test/api';
import { signUp } from '@trellis/test/sign-up';
import t from 'tap';
import { claimsOf } from './claims-of.ts';

t.test('how long a session and its tokens live is a setting', async (t) => {
  const api = await startApi(t, {
    env: {
      ACCESS_TOKEN_TTL_SECONDS: '17',
      SESSION_TTL_SECONDS: '3600',
      REFRESH_GRACE_SECONDS: '0',
    },
  });
  const { asSystem } = api.app.platform.db;
  const refresh = (refreshToken: string) =>
    api.request('POST', '/auth/refresh', { body: { refreshToken } });
  const secondsLeft = async (token: string): Promise<number> => {
    const [row] = await asSystem(
      (tx) => tx.sql`select extract(epoch from expires_at - now())::float8 as seconds
        from sessions where id = ${claimsOf(token).sid}`,
    );
    return Number(row?.seconds);
  };

  await t.test('ACCESS_TOKEN_TTL_SECONDS', async (t) => {
    const { refreshToken, token } = await signUp(api);
    const { body } = await refresh(refreshToken);
    t.equal(body.expiresIn, 17);
    for (const one of [token, body.accessToken]) {
      const { iat, exp } = claimsOf(one);
      t.equal(exp - iat, 17);
    }
  });

  await t.test('SESSION_TTL_SECONDS, anew with each refresh', async (t) => {
    const { refreshToken, token } = await signUp(api);
    const isWhole = (seconds: number) => seconds > 3_540 && seconds <= 3_600;
    t.ok(isWhole(await secondsLeft(token)));
    await asSystem(
      (tx) => tx.sql`update sessions set expires_at = now() + interval '1 minute'
        where id = ${claimsOf(token).sid}`,
    );
    t.equal((await refresh(refreshToken)).status, 200);
    t.ok(isWhole(await secondsLeft(token)));
  });

  await t.test('REFRESH_GRACE_SECONDS; 0 gives none', async (t) => {
    const { refreshToken } = await signUp(api);
    t.equal((await refresh(refreshToken)).status, 200);
    await sleep(5);
    t.equal((await refresh(refreshToken)).body.code, 'refresh_token_reused');
  });
});
