import { type Api, startApi } from '@trellis/test/api';
import { startDnsServer } from '@trellis/test/dns-server';
import { eventually } from '@trellis/test/eventually';
import { asSystem } from '@trellis/test/installation';
import { startRawReceiver } from '@trellis/test/raw-receiver';
import { startReceiver } from '@trellis/test/receiver';
import { type Account, signUp } from '@trellis/test/sign-up';
import { publish, subscribe } from '@trellis/test/subscribe';
import { startWorker } from '@trellis/test/worker';
import t, { type Test } from 'tap';
import { status } from './hostile-answers.ts';
import { hostileCases } from './hostile-cases.ts';

const deadlineMs = 15_000;
/** What the specification allows for the whole of an attempt at an endpoint that drips. */
const lastedMsMax = 16_000;
/** Longer than two attempts that take all the time there is. */
const timeoutMs = 60_000;
/** An attempt, and as many more as there are delays. */
const retrySeconds = '1,1';
const attemptsMax = 3;
const type = 'order.paid';

interface Running {
  api: Api;
  account: Account;
}

/** The one delivery of a subscription, once it has had so many attempts. */
function tried({ api, account }: Running, webhookId: string, attempts: number) {
  const read = async (path: string) =>
    (await api.request('GET', `/webhooks/${webhookId}/deliveries${path}`, account)).body;
  return eventually(
    async () => {
      const [delivery] = (await read('')).data;
      return delivery?.attempts >= attempts && read(`/${delivery.id}`);
    },
    { timeoutMs, intervalMs: 250 },
  );
}

t.test('whatever a receiver does, the attempt ends and says what happened', async (t) => {
  const dns = await startDnsServer(t, ({ name }) => (name === 'silent.example' ? 'silent' : null));
  const env = { WEBHOOK_DNS_SERVERS: dns.address, WEBHOOK_RETRY_SECONDS: retrySeconds };
  const api = await startApi(t, { env });
  // A plan without the long tail of retries, so that all of them are seen to their end.
  await asSystem(
    api.database,
    (tx) => tx.sql`update plans set max_webhooks = 100 where plan_type = 'free'`,
  );
  const account = await signUp(api);
  const running = { api, account };
  // All at once: those that take their time take it side by side.
  const checks = await Promise.all([
    ...Object.keys(hostileCases).map((name) => meetHostile(t, running, name)),
    meetUnreachable(running),
    ...[301, 302, 303, 307, 308].map((code) => meetRedirect(t, running, code)),
    meetGone(t, running),
    ...[429, 503].flatMap((code) => [
      meetRetryAfter(t, running, code, 'seconds'),
      meetRetryAfter(t, running, code, 'date'),
    ]),
  ]);
  const other = await startReceiver(t);
  await startWorker(t, api);
  await publish(api, account, type);

  const neighbour = await signUp(api, 'Neighbour');
  const { secret } = await subscribe(api, neighbour, other.url);
  await publish(api, neighbour);
  await eventually(() => other.verified(secret) === 1);
  await Promise.all(checks.map((check) => check()));
});

type Check = () => Promise<void>;

async function meetHostile(t: Test, running: Running, name: string): Promise<Check> {
  const hostile = hostileCases[name];
  if (!hostile) throw new Error(`there is no case "${name}"`);
  const { answer, statusCode, errorClass, error, isSlow = false, url = (text) => text } = hostile;
  const receiver = await startRawReceiver(t, answer, hostile.receiver);
  const { id } = await subscribe(running.api, running.account, url(receiver.url), [type]);
  return async () => {
    const delivery = await tried(running, id, isSlow ? 1 : attemptsMax);
    t.test(name, async (t) => {
      t.match(delivery, { statusCode, error, deliveredAt: null });
      if (!isSlow) t.match(delivery, { status: 'exhausted', nextAttemptAt: null });
      t.equal(delivery.attemptList.length, delivery.attempts);
      for (const attempt of delivery.attemptList) {
        t.match(attempt, { trigger: 'automatic', statusCode, errorClass, error });
        t.ok(attempt.durationMs < lastedMsMax, `it took ${attempt.durationMs} ms`);
        if (isSlow) t.ok(attempt.durationMs >= deadlineMs - 100);
      }
      if (statusCode === null) {
        t.ok(receiver.connections() >= delivery.attempts, 'no broken connection is used again');
      }
    });
  };
}

/** Names that lead nowhere, and a port where nobody listens. */
async function meetUnreachable(running: Running): Promise<Check> {
  const cases: [string, string][] = [
    ['http://nobody.invalid/hook', 'dns'],
    ['http://silent.example/hook', 'dns'],
    ['http://127.0.0.1:1/hook', 'connection_refused'],
  ];
  const ids = await Promise.all(
    cases.map(([url]) => subscribe(running.api, running.account, url, [type])),
  );
  return async () => {
    for (const [index, [url, errorClass]] of cases.entries()) {
      const delivery = await tried(running, ids[index]?.id ?? '', attemptsMax);
      t.match(delivery, { status: 'exhausted', statusCode: null }, url);
      t.match(delivery.attemptList, Array(attemptsMax).fill({ statusCode: null, errorClass }), url);
    }
  };
}

async function meetRedirect(t: Test, running: Running, code: number): Promise<Check> {
  const target = await startReceiver(t);
  const metadata = 'http://169.254.169.254/latest/meta-data/';
  const locations = [metadata, target.url, metadata];
  const receiver = await startRawReceiver(t, (socket) =>
    status(code, { location: locations.shift() ?? target.url })(socket),
  );
  const { id } = await subscribe(running.api, running.account, receiver.url, [type]);
  return async () => {
    const delivery = await tried(running, id, attemptsMax);
    t.test(`${code}: no redirect is followed`, async (t) => {
      t.match(delivery, { status: 'exhausted', statusCode: code });
      t.match(delivery.attemptList, [
        { statusCode: code, errorClass: 'redirect', error: `${metadata} is not followed` },
        { statusCode: code, errorClass: 'redirect', error: `${target.url} is not followed` },
        { statusCode: code, errorClass: 'redirect' },
      ]);
      t.equal(receiver.requests.length, attemptsMax);
      t.equal(target.connections(), 0, 'nothing connects to where it points');
    });
  };
}

async function meetGone(t: Test, running: Running): Promise<Check> {
  const { api, account } = running;
  const receiver = await startRawReceiver(t, status(410));
  const { id } = await subscribe(api, account, receiver.url, [type]);
  return async () => {
    const delivery = await tried(running, id, 1);
    t.match(delivery.attemptList, [{ statusCode: 410, errorClass: 'http_4xx', error: /410/ }]);
    const webhook = await eventually(async () => {
      const { body } = await api.request('GET', `/webhooks/${id}`, account);
      return !body.isActive && body;
    });
    t.match(webhook.disabledReason, /410/, '410: the subscription is disabled');
    t.equal(receiver.requests.length, 1);
  };
}

async function meetRetryAfter(
  t: Test,
  running: Running,
  code: number,
  form: 'seconds' | 'date',
): Promise<Check> {
  const seconds = 4;
  let earliestMs = 0;
  const receiver = await startRawReceiver(t, (socket) => {
    if (earliestMs > 0) return status(200)(socket);
    // A date has whole seconds only.
    const date = new Date(Date.now() + (seconds + 1) * 1_000).toUTCString();
    earliestMs = form === 'date' ? Date.parse(date) : Date.now() + seconds * 1_000;
    return status(code, { 'retry-after': form === 'date' ? date : String(seconds) })(socket);
  });
  const { id } = await subscribe(running.api, running.account, receiver.url, [type]);
  return async () => {
    const waiting = await tried(running, id, 1);
    const delivery = await tried(running, id, 2);
    t.test(`${code}: Retry-After as ${form} is not undercut`, async (t) => {
      t.match(waiting.attemptList[0], { statusCode: code, error: new RegExp(String(code)) });
      t.match(delivery, { status: 'delivered', statusCode: 200, attempts: 2 });
      const [, second] = receiver.requests;
      t.ok(second && second.atMs >= earliestMs, `${(second?.atMs ?? 0) - earliestMs} ms behind it`);
    });
  };
}
