import { randomUUID } from 'node:crypto';
import type { Api, Reply } from '@trellis/test/api';
import { type Account, signUp } from '@trellis/test/sign-up';
import type { Test } from 'tap';
import { addUser } from '../../users/test/add-user.ts';

export interface GuardedRoute {
  method: string;
  /** Below /api/v1, with an id of `owner`. */
  path: string;
  body?: object;
  permission: string;
}

/** What every route with a permission refuses: no credential, too few rights, another tenant. */
export async function refusesStrangers(
  t: Test,
  api: Api,
  owner: Account,
  { method, path, body, permission }: GuardedRoute,
): Promise<void> {
  const call = (token?: string) => api.request(method, path, { token, body });

  await t.test('401: nobody is logged in', async (t) => {
    isProblem(t, await call(), 401, 'unauthenticated');
  });

  await t.test(`403: without ${permission}`, async (t) => {
    const others = ['webhooks:read', 'webhooks:write', 'webhooks:delete', 'events:read'];
    const held = [...others, 'events:publish'].filter((name) => name !== permission);
    const { token } = await addUser(api, owner, held);
    const reply = await call(token);
    isProblem(t, reply, 403, 'forbidden');
    t.match(reply.body.detail, permission, 'it names what is missing');
  });

  if (!/[0-9a-f]{8}-/.test(path)) return;
  await t.test('404: the id is of another tenant, or of nothing', async (t) => {
    const stranger = await signUp(api, 'Stranger');
    isProblem(t, await call(stranger.token), 404, 'not_found');
    const nothing = path.replace(/[0-9a-f]{8}-[0-9a-f-]{27}/, randomUUID());
    isProblem(
      t,
      await api.request(method, nothing, { token: owner.token, body }),
      404,
      'not_found',
    );
  });

  await t.test('400: the id is no UUID', async (t) => {
    const wrong = path.replace(/[0-9a-f]{8}-[0-9a-f-]{27}/, 'one');
    const reply = await api.request(method, wrong, { token: owner.token, body });
    isProblem(t, reply, 400, 'validation_failed');
  });
}

export function isProblem(t: Test, reply: Reply, status: number, code: string): void {
  t.match(
    { status: reply.status, type: reply.headers.get('content-type'), code: reply.body?.code },
    { status, type: 'application/problem+json', code },
  );
}
