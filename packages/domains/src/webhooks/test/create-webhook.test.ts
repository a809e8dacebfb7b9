import { startApi } from '@trellis/test/api';
import { ownNames } from '@trellis/test/own-names';
import { type Account, signUp } from '@trellis/test/sign-up';
import t from 'tap';
import { addUser } from '../../users/test/add-user.ts';

const url = 'http://127.0.0.1:9/hook';

t.test('POST /webhooks', async (t) => {
  const api = await startApi(t);
  const create = (token: string | undefined, body: unknown, headers = {}) =>
    api.request('POST', '/webhooks', { token, body, headers });
  const count = async ({ token }: Account): Promise<number> =>
    (await api.request('GET', '/webhooks?limit=100', { token })).body.data.length;

  await t.test('201: answers the subscription, and its secret this once', async (t) => {
    const account = await signUp(api);
    const input = { url, events: ['order.*', 'user.created'], description: 'To the warehouse' };
    const { status, body, headers } = await create(account.token, input);
    t.equal(status, 201);
    t.equal(headers.get('location'), `/api/v1/webhooks/${body.id}`);
    t.match(body, { ...input, headers: {}, isActive: true, disabledReason: null });
    t.match(body, { previousSecretsExpireAt: [], failingSince: null, circuit: 'closed' });
    t.match(body.secret, /^whsec_[A-Za-z0-9+/]{43}=$/, '32 random bytes');
    t.equal(body.secretHint, `whsec_…${body.secret.slice(-5, -1)}`);
    const later = await api.request('GET', `/webhooks/${body.id}`, { token: account.token });
    const { secret: _, ...shown } = body;
    t.same(later.body, shown, 'a later read shows all but the secret');
    t.equal(later.headers.get('etag'), headers.get('etag'));
  });

  await t.test('201: stores the secret sealed, and audits without it', async (t) => {
    const account = await signUp(api);
    const { body } = await create(account.token, { url, events: ['*'] });
    const [row] = await api.app.platform.db.asSystem(
      (tx) => tx.sql<{ secret: string }[]>`select secret from webhooks where id = ${body.id}`,
    );
    t.notOk(JSON.stringify(row).includes(body.secret.slice(6)));
    t.equal(api.app.platform.secrets.open(row?.secret ?? ''), body.secret);
    const trail = await api.request('GET', `/audit-logs?resourceId=${body.id}`, {
      token: account.token,
    });
    t.match(trail.body.data, [{ action: 'webhook.created', actorId: account.user.id, ip: /./ }]);
    t.notOk(JSON.stringify(trail.body).includes(body.secret));
  });

  await t.test('400: names what is missing, wrong or unknown', async (t) => {
    const { token } = await signUp(api);
    const { status, body } = await create(token, {
      events: ['order..paid'],
      description: 'a'.repeat(501),
      isActive: 'yes',
      secret: 'mine',
    });
    t.equal(status, 400);
    t.equal(body.code, 'validation_failed');
    t.same(body.errors.map(({ path }: { path: string }) => path).sort(), [
      'body/description',
      'body/events/0',
      'body/isActive',
      'body/secret',
      'body/url',
    ]);
  });

  await t.test('400: events that are none', async (t) => {
    const { token } = await signUp(api);
    const none = [[], ['*', '*'], ['order.*.paid'], ['*.paid'], ['order.'], ['.a'], ['a b'], ['ä']];
    for (const events of [...none, ['a'.repeat(131)], 'order.paid', [1]]) {
      const { status, body } = await create(token, { url, events });
      t.equal(status, 400, JSON.stringify(events));
      t.equal(body.code, 'validation_failed');
    }
  });

  await t.test('400: a NUL character cannot be stored', async (t) => {
    const { token } = await signUp(api);
    const { status, body } = await create(token, { url, events: ['*'], description: 'a\0b' });
    t.equal(status, 400);
    t.equal(body.code, 'invalid_text');
  });

  await t.test('401: nobody is logged in', async (t) => {
    const { status, body } = await create(undefined, { url, events: ['*'] });
    t.equal(status, 401);
    t.equal(body.code, 'unauthenticated');
  });

  await t.test('403: without webhooks:write', async (t) => {
    const account = await signUp(api);
    const { token } = await addUser(api, account, ['*:read', 'webhooks:delete']);
    const { status, body } = await create(token, { url, events: ['*'] });
    t.equal(status, 403);
    t.equal(body.code, 'forbidden');
    t.match(body.detail, /webhooks:write/);
    t.equal(await count(account), 0);
  });

  await t.test('403: fifty at once fill the plan exactly, in two processes', async (t) => {
    const second = await startApi(t, { beside: api });
    const account = await signUp(api);
    const replies = await Promise.all(
      Array.from({ length: 50 }, (_, index) =>
        (index % 2 ? api : second).request('POST', '/webhooks', {
          token: account.token,
          body: { url, events: ['*'] },
        }),
      ),
    );
    const made = replies.filter(({ status }) => status === 201);
    t.equal(made.length, 5, 'the free plan allows five');
    t.equal(await count(account), 5);
    for (const { status, body } of replies.filter((reply) => !made.includes(reply))) {
      t.match({ status, code: body.code }, { status: 403, code: 'plan_limit_reached' });
    }
    const [first] = made;
    await api.request('DELETE', `/webhooks/${first?.body.id}`, { token: account.token });
    t.equal((await create(account.token, { url, events: ['*'] })).status, 201, 'one gone, one in');
  });

  await t.test('409: an idempotency key answers once, and only for the same body', async (t) => {
    const account = await signUp(api);
    const headers = { 'idempotency-key': 'first-hook' };
    const first = await create(account.token, { url, events: ['*'] }, headers);
    const again = await create(account.token, { url, events: ['*'] }, headers);
    t.equal(again.status, 201);
    t.same(again.body, first.body, 'the secret too');
    const other = await create(account.token, { url, events: ['order.*'] }, headers);
    t.equal(other.status, 409);
    t.equal(other.body.code, 'idempotency_key_reused');
    t.equal(await count(account), 1);
  });
});

t.test('POST /webhooks, when no private range is opened', async (t) => {
  const api = await startApi(t, { env: { WEBHOOK_ALLOW_CIDRS: '' } });
  const { token } = await signUp(api);
  const create = (url: string) =>
    api.request('POST', '/webhooks', { token, body: { url, events: ['*'] } });

  await t.test('422: an address that is not public', async (t) => {
    const hosts = ['127.0.0.1', '10.0.0.1', '172.16.0.1', '192.168.1.1', '169.254.169.254', '0'];
    hosts.push('100.64.0.1', '2130706433', '0x7f.1', '127.1', 'localhost', 'sub.localhost');
    hosts.push('[::1]', '[::]', '[::ffff:127.0.0.1]', '[::ffff:7f00:1]', '[fd00::1]', '[fe80::1]');
    hosts.push('[64:ff9b::10.0.0.1]', 'LOCALHOST.', '127.0.0.1.');
    for (const host of hosts) {
      const { status, body } = await create(`http://${host}/hook`);
      t.equal(status, 422, host);
      t.equal(body.code, 'url_refused');
    }
  });

  await t.test('422: a name that resolves to such an address', async (t) => {
    const names = await ownNames();
    for (const name of names) {
      const { status, body } = await create(`https://${name}/hook`);
      t.equal(status, 422, 'the name is refused');
      t.equal(body.code, 'url_refused');
      t.notMatch(body.detail, /\d+\.\d+\.\d+\.\d+/, 'and its address is not told');
    }
    if (names.length === 0) t.comment('this machine knows no such name but localhost');
  });

  await t.test('422: what is no URL for webhooks', async (t) => {
    for (const url of [
      'ftp://example.com/',
      'file:///etc/passwd',
      'javascript:alert(1)',
      'https://user:password@example.com/',
      'https://',
      'example.com',
      'https://exa mple.com/',
      'https://example.com/\n',
    ]) {
      const { status, body } = await create(url);
      t.equal(status, 422, JSON.stringify(url));
      t.equal(body.code, 'url_refused');
    }
  });

  await t.test('201: a public address', async (t) => {
    t.equal((await create('https://192.88.99.0.example.com/hook?a=1')).status, 201);
    t.equal((await create('https://8.8.8.8/hook')).status, 201);
  });
});
