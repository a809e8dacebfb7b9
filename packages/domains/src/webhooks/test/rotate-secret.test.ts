import { startApi } from '@trellis/test/api';
import { eventually } from '@trellis/test/eventually';
import { startReceiver } from '@trellis/test/receiver';
import { signUp } from '@trellis/test/sign-up';
import { publish, subscribe } from '@trellis/test/subscribe';
import { startWorker } from '@trellis/test/worker';
import t from 'tap';
import { isProblem, refusesStrangers } from './refusals.ts';

const url = 'http://127.0.0.1:9/hook';
const daySeconds = 86_400;

t.test('POST /webhooks/:id/secret/rotate', async (t) => {
  const api = await startApi(t);
  const { db, secrets } = api.app.platform;
  const account = await signUp(api);
  const { token } = account;
  const rotate = (id: string, body?: unknown, headers = {}) =>
    api.request('POST', `/webhooks/${id}/secret/rotate`, { token, body, headers });
  /** Opened, the one that signs first at the front. */
  const secretsOf = async (id: string) => {
    const [row] = await db.querySystem<{ secret: string; previous: { secret: string }[] }>(
      (sql) => sql`select secret, previous_secrets as previous from webhooks where id = ${id}`,
    );
    const sealed = row ? [row.secret, ...row.previous.map((one) => one.secret)] : [];
    return sealed.map((text) => secrets.open(text));
  };
  /** From now until the secrets before end, in seconds. */
  const endsIn = (body: { previousSecretsExpireAt: string[] }) =>
    body.previousSecretsExpireAt.map((at) => (Date.parse(at) - Date.now()) / 1_000);

  const { id, secret: first } = await subscribe(api, account, url);
  await refusesStrangers(t, api, account, {
    method: 'POST',
    path: `/webhooks/${id}/secret/rotate`,
    permission: 'webhooks:write',
  });

  await t.test('200: answers a new secret this once; the old one lasts a day', async (t) => {
    const { status, body, headers } = await rotate(id);
    t.equal(status, 200);
    t.match(body.secret, /^whsec_[A-Za-z0-9+/]{43}=$/);
    t.not(body.secret, first);
    t.equal(body.secretHint, `whsec_…${body.secret.slice(-5, -1)}`);
    const [seconds = 0] = endsIn(body);
    t.ok(seconds > daySeconds - 120 && seconds <= daySeconds, `${seconds}`);
    t.same(await secretsOf(id), [body.secret, first], 'stored sealed, the newest first');
    const read = await api.request('GET', `/webhooks/${id}`, { token });
    const { secret, ...shown } = body;
    t.same(read.body, shown);
    t.equal(read.headers.get('etag'), headers.get('etag'));
    const trail = await api.request('GET', `/audit-logs?resourceId=${id}`, { token });
    t.match(trail.body.data[0], {
      action: 'webhook.secret_rotated',
      before: { previousSecretsExpireAt: [] },
      after: { secretHint: body.secretHint },
    });
    t.notOk(JSON.stringify(trail.body).includes(secret));
  });

  await t.test('200: no older secret outlasts the overlap; none ends all at once', async (t) => {
    const { id, secret } = await subscribe(api, account, url);
    const long = await rotate(id, { overlapSeconds: 604_800 });
    const [seconds = 0] = endsIn(long.body);
    t.ok(seconds > 604_800 - 120 && seconds <= 604_800, `${seconds}`);
    const short = await rotate(id, { overlapSeconds: 3_600 });
    t.same(await secretsOf(id), [short.body.secret, long.body.secret, secret]);
    for (const left of endsIn(short.body)) t.ok(left <= 3_600, `${left}`);
    const longer = await rotate(id, { overlapSeconds: 7_200 });
    t.same(
      endsIn(longer.body).map((left) => left > 3_600),
      [true, false, false],
      'what was to end sooner still does',
    );
    const none = await rotate(id, { overlapSeconds: 0 });
    t.equal(none.status, 200);
    t.same(endsIn(none.body), []);
    t.same(await secretsOf(id), [none.body.secret]);
  });

  await t.test('400: an overlap that is none', async (t) => {
    for (const overlapSeconds of [-1, 604_801, 0.5, '60', null]) {
      const reply = await rotate(id, { overlapSeconds });
      isProblem(t, reply, 400, 'validation_failed');
      t.same(
        reply.body.errors.map(({ path }: { path: string }) => path),
        ['body/overlapSeconds'],
      );
    }
    isProblem(t, await rotate(id, { secret: 'mine' }), 400, 'validation_failed');
  });

  await t.test('409: four at most that have not ended; what has ended is dropped', async (t) => {
    const { id } = await subscribe(api, account, url);
    for (let made = 0; made < 4; made++) t.equal((await rotate(id)).status, 200);
    const kept = await secretsOf(id);
    t.equal(kept.length, 5);
    isProblem(t, await rotate(id, { overlapSeconds: 60 }), 409, 'rotation_limit');
    t.same(await secretsOf(id), kept, 'nothing has changed');
    await db.querySystem(
      (sql) => sql`update webhooks set previous_secrets = jsonb_set(
        previous_secrets, '{3,expiresAt}', '"2026-01-31T12:00:00.000Z"') where id = ${id}`,
    );
    const read = await api.request('GET', `/webhooks/${id}`, { token });
    t.equal(read.body.previousSecretsExpireAt.length, 3, 'what has ended is not shown');
    t.equal((await rotate(id)).status, 200);
    t.equal((await secretsOf(id)).length, 5);
    t.notOk((await secretsOf(id)).includes(kept[4] ?? ''));
    t.equal((await rotate(id, { overlapSeconds: 0 })).status, 200, 'but without an overlap');
  });

  await t.test('409: an idempotency key rotates once, and only for the same body', async (t) => {
    const { id } = await subscribe(api, account, url);
    const key = { 'idempotency-key': 'rotate-once' };
    const once = await rotate(id, { overlapSeconds: 60 }, key);
    const again = await rotate(id, { overlapSeconds: 60 }, key);
    t.equal(again.status, 200);
    t.same(again.body, once.body, 'the secret too');
    t.equal((await secretsOf(id)).length, 2);
    isProblem(t, await rotate(id, {}, key), 409, 'idempotency_key_reused');
  });
});

t.test('deliveries are signed with every secret that has not ended', async (t) => {
  const api = await startApi(t);
  await startWorker(t, api);
  const account = await signUp(api);
  const receiver = await startReceiver(t);
  const { id, secret: first } = await subscribe(api, account, receiver.url);
  const rotate = async (overlapSeconds: number) => {
    const path = `/webhooks/${id}/secret/rotate`;
    const reply = await api.request('POST', path, {
      token: account.token,
      body: { overlapSeconds },
    });
    return reply.body.secret;
  };
  const deliver = async () => {
    const event = await publish(api, account);
    await eventually(() => receiver.ids().has(event));
  };
  const second = await rotate(3_600);
  await deliver();
  t.same([first, second].map(receiver.verified), [1, 1], 'both, while they overlap');
  const third = await rotate(0);
  await deliver();
  t.same([first, second, third].map(receiver.verified), [1, 1, 1], 'both before it have ended');
});
