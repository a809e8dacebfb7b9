import { type Api, type Reply, startApi } from '@trellis/test/api';
import { type Account, signUp } from '@trellis/test/sign-up';
import t from 'tap';
import { upload } from '../../files/test/upload.ts';
import { domainsFolder } from '../../folder.ts';
import { newEmail } from '../../invitations/test/invite.ts';
import { loadQuotas } from '../load-quotas.ts';
import { overrideLimits } from './change-limits.ts';

const calls = 100;

/** How one more of a quota is used; half of the even and half of the odd calls, each way. */
interface Way {
  create(api: Api, account: Account, index: number): Promise<Reply>;
  /** How much of the quota each takes. */
  size: number;
}

const ways: Record<string, Way> = {
  events: {
    size: 1,
    create: (api, { token }, index) => {
      const key = index % 4 < 2 ? {} : { idempotencyKey: `event-${index}` };
      const body = { type: 'order.paid', data: { index }, ...key };
      return api.request('POST', '/events', { token, body });
    },
  },
  storage: {
    size: 10_000,
    create: (api, account) => upload(api, account, Buffer.alloc(10_000, 1)),
  },
  users: {
    size: 1,
    create: (api, { token }, index) => {
      const email = newEmail();
      return index % 4 < 2
        ? api.request('POST', '/users', { token, body: { email, name: 'Ada' } })
        : api.request('POST', '/invitations', { token, body: { email } });
    },
  },
  webhooks: {
    size: 1,
    create: (api, { token }) => {
      const body = { url: 'http://127.0.0.1:9/hook', events: ['*'] };
      return api.request('POST', '/webhooks', { token, body });
    },
  },
};

t.test('a quota holds under parallel creates in two processes', async (t) => {
  const api = await startApi(t);
  const second = await startApi(t, { beside: api });
  const quotas = await loadQuotas(domainsFolder);
  const names = quotas.map(({ name }) => name);
  t.strictSame(names, Object.keys(ways), 'for each quota this test knows how one more is used');

  for (const { name, limit: key } of quotas) {
    await t.test(`${calls} at one below ${key}: exactly one passes`, async (t) => {
      const { create, size } = ways[name] as Way;
      const account = await signUp(api);
      const usage = async () =>
        (await api.request('GET', '/tenant/usage', { token: account.token })).body[name];
      t.ok((await create(api, account, 0)).status < 300);
      const { used } = await usage();
      t.ok(used > 0, 'what is there counts');
      const limit = used + size;
      await overrideLimits(api, account, { [key]: limit });

      const replies = await Promise.all(
        Array.from({ length: calls }, (_, index) =>
          create(index % 2 ? api : second, account, index + 1),
        ),
      );

      t.equal(replies.filter(({ status }) => status < 300).length, 1);
      const refused = replies.filter(({ status }) => status >= 300);
      t.equal(refused.length, calls - 1);
      for (const { status, body } of refused) {
        t.match({ status, code: body.code }, { status: 403, code: 'plan_limit_reached' });
        t.match(body.detail, key, 'it names the limit');
      }
      t.strictSame(await usage(), { used: limit, limit, remaining: 0 });
      t.equal((await create(second, account, calls + 1)).status, 403, 'nor one later');
    });
  }
});
