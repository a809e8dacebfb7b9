import { type Api, startApi } from '@trellis/test/api';
import { eventually } from '@trellis/test/eventually';
import { startReceiver } from '@trellis/test/receiver';
import { type Account, signUp } from '@trellis/test/sign-up';
import { publish } from '@trellis/test/subscribe';
import { startWorker } from '@trellis/test/worker';
import t, { type Test } from 'tap';
import { isProblem } from './refusals.ts';

const url = 'http://127.0.0.1:9/hook';
const bearer = 'Bearer 5bd2c1f0a9e84d7796';

async function open(t: Test) {
  const api = await startApi(t);
  const account = await signUp(api);
  const { token } = account;
  const create = (headers: unknown, to = url) =>
    api.request('POST', '/webhooks', { token, body: { url: to, events: ['*'], headers } });
  const patch = (id: string, headers: unknown) =>
    api.request('PATCH', `/webhooks/${id}`, { token, body: { headers } });
  return { api, account, create, patch };
}

/** What the table has of them, and what the audit trail has of the subscription. */
async function kept({ app, request }: Api, { token }: Account, id: string) {
  const [row] = await app.platform.db.querySystem<{
    headers: { name: string; value: string; isSensitive: boolean }[];
  }>((sql) => sql`select headers from webhooks where id = ${id}`);
  const trail = await request('GET', `/audit-logs?resourceId=${id}`, { token });
  return { headers: row?.headers ?? [], trail: JSON.stringify(trail.body) };
}

t.test('custom headers of a subscription', async (t) => {
  const { api, account, create, patch } = await open(t);
  const { secrets } = api.app.platform;

  await t.test('201: are shown, but not the values of those that sound secret', async (t) => {
    const { status, body } = await create({ Authorization: bearer, 'X-Team': 'ops one' });
    t.equal(status, 201);
    t.same(body.headers, { Authorization: '[redacted]', 'X-Team': 'ops one' });
    const read = await api.request('GET', `/webhooks/${body.id}`, { token: account.token });
    t.same(read.body.headers, body.headers);
    const { headers, trail } = await kept(api, account, body.id);
    t.notOk(JSON.stringify(headers).includes(bearer), 'stored sealed');
    t.same(secrets.open(headers[0]?.value ?? ''), bearer);
    t.notOk(trail.includes(bearer), 'and audited without it');
    t.match(trail, /X-Team.*ops one/);
  });

  await t.test('201: a name that sounds like a credential is sensitive', async (t) => {
    const names = [
      ...['Cookie', 'X-Api-Key', 'x-auth', 'X-Access-Token', 'X-CLIENT-SECRET', 'X-Pwd', 'X-Pass'],
      ...['X-Pin', 'X-Bearer', 'X-Hmac', 'X-Sig', 'x_otp', 'X-Access', 'Pin2'],
    ];
    const { body } = await create(Object.fromEntries(names.map((name) => [name, bearer])));
    t.same(body.headers, Object.fromEntries(names.map((name) => [name, '[redacted]'])));
  });

  await t.test('200: a change replaces all of them, and keeps what is redacted', async (t) => {
    const { body: made } = await create({ Authorization: bearer, 'X-Team': 'ops', 'X-Old': '1' });
    const headers = { authorization: '[redacted]', 'X-Team': 'shop', 'X-Key': bearer };
    const { status, body } = await patch(made.id, headers);
    t.equal(status, 200);
    t.same(body.headers, { ...headers, 'X-Key': '[redacted]' });
    const stored = await kept(api, account, made.id);
    t.same(
      stored.headers.map(({ name, value, isSensitive }) => [
        name,
        isSensitive ? secrets.open(value) : value,
      ]),
      [
        ['authorization', bearer],
        ['X-Team', 'shop'],
        ['X-Key', bearer],
      ],
    );
    t.notOk(stored.trail.includes(bearer));
    t.same((await patch(made.id, {})).body.headers, {});
    isProblem(t, await patch(made.id, { authorization: '[redacted]' }), 422, 'header_refused');
  });

  await t.test('422: a name that is not theirs to set', async (t) => {
    const { id } = (await create({})).body;
    for (const name of [
      ...['Host', 'Connection', 'Content-Length', 'Transfer-Encoding', 'Keep-Alive', 'Upgrade'],
      ...['TE', 'Trailer', 'Expect', 'Proxy-Connection', 'Accept-Encoding', 'User-Agent'],
      ...['Forwarded', 'Via', 'X-Forwarded-For', 'X-Real-IP', 'Date'],
      ...['Content-Type', 'content-encoding', 'webhook-id', 'Webhook-Signature', 'svix-id'],
    ]) {
      isProblem(t, await create({ [name]: 'a' }), 422, 'header_refused');
      const refused = await patch(id, { 'X-Team': 'ops', [name]: 'a' });
      isProblem(t, refused, 422, 'header_refused');
      t.match(refused.body.detail, name);
    }
    const read = await api.request('GET', `/webhooks/${id}`, { token: account.token });
    t.same(read.body.headers, {}, 'nothing of it was taken');
  });

  await t.test('422: one name twice, and a value to keep that there is not', async (t) => {
    isProblem(t, await create({ 'X-Team': 'a', 'x-team': 'b' }), 422, 'header_refused');
    isProblem(t, await create({ Authorization: '[redacted]' }), 422, 'header_refused');
  });

  await t.test('400: what is no header', async (t) => {
    const name = 'a'.repeat(65);
    for (const headers of [
      ...[{ '': 'a' }, { 'X Team': 'a' }, { 'X-Team:': 'a' }, { 'X-Tëam': 'a' }, { [name]: 'a' }],
      ...[
        '',
        ' a',
        'a ',
        'a\r\nX-Other: b',
        'a\nb',
        'a\0b',
        'ä',
        'a\tb',
        'a'.repeat(1_025),
        1,
        null,
      ].map((value) => ({ 'X-Team': value })),
      ...[[], 'X-Team: a', [['X-Team', 'a']], null],
      Object.fromEntries(Array.from({ length: 21 }, (_, index) => [`X-${index}`, 'a'])),
    ]) {
      const { status, body } = await create(headers);
      t.equal(status, 400, JSON.stringify(headers));
      t.equal(body.code, 'validation_failed');
    }
  });

  await t.test('201: as many and as long as they may be', async (t) => {
    const headers = Object.fromEntries(
      Array.from({ length: 20 }, (_, index) => [
        `${index}`.padEnd(64, '.'),
        `${'a b'.repeat(341)}~`,
      ]),
    );
    const other = await signUp(api);
    const body = { url, events: ['*'], headers };
    const made = await api.request('POST', '/webhooks', { token: other.token, body });
    t.equal(made.status, 201);
    t.same(made.body.headers, headers);
  });
});

t.test('custom headers that are sealed', async (t) => {
  const { api, account, create, patch } = await open(t);

  await t.test('422: a sealed value is not kept for another origin', async (t) => {
    const { id } = (await create({ Authorization: bearer, 'X-Team': 'ops' })).body;
    const { token } = account;
    const move = (body: object) => api.request('PATCH', `/webhooks/${id}`, { token, body });
    const elsewhere = 'http://127.0.0.1:10/hook';
    for (const change of [
      { url: elsewhere },
      { url: 'https://127.0.0.1:9/hook' },
      { url: elsewhere, headers: { authorization: '[redacted]', 'X-Team': 'ops' } },
    ]) {
      const refused = await move(change);
      isProblem(t, refused, 422, 'header_refused');
      t.match(refused.body.detail, /authorization/i);
    }
    const read = await api.request('GET', `/webhooks/${id}`, { token });
    t.equal(read.body.url, url);
    t.equal((await move({ url: `${url}/2` })).status, 200, 'the same origin may have it');
    const given = { url: elsewhere, headers: { Authorization: 'Bearer other' } };
    t.equal((await move(given)).status, 200);
    t.equal((await move({ url, headers: { 'X-Team': 'ops' } })).status, 200);
    t.equal((await move({ url: elsewhere })).status, 200, 'there is none to keep');
  });

  await t.test('200: the audit trail names the headers that changed', async (t) => {
    const { id } = (await create({ Authorization: bearer, 'X-Team': 'ops', 'X-Old': '1' })).body;
    await patch(id, { Authorization: 'Bearer other', 'X-Team': 'ops', 'X-New': '2' });
    const newest = async () => {
      const path = `/audit-logs?resourceId=${id}`;
      return (await api.request('GET', path, { token: account.token })).body.data[0];
    };
    const { action, after } = await newest();
    t.equal(action, 'webhook.updated');
    t.same(after.changedHeaders.sort(), ['Authorization', 'X-New', 'X-Old']);
    await patch(id, { Authorization: '[redacted]', 'X-Team': 'ops', 'X-New': '2' });
    t.notHas((await newest()).after, { changedHeaders: [] }, 'nothing has');
  });
});

t.test('custom headers go with each delivery, beside those of Standard Webhooks', async (t) => {
  const { api, account, create } = await open(t);
  await startWorker(t, api);
  const receiver = await startReceiver(t);
  const { body } = await create({ Authorization: bearer, 'X-Team': 'ops one' }, receiver.url);
  const id = await publish(api, account);
  const [received] = await eventually(() => receiver.received.length > 0 && receiver.received);
  t.match(received?.headers, {
    authorization: bearer,
    'x-team': 'ops one',
    'content-type': 'application/json',
    'webhook-id': id,
    'user-agent': /^Trellis\//,
  });
  t.equal(receiver.verified(body.secret), 1);
});
