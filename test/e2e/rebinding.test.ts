import { type Api, startApi } from '@trellis/test/api';
import { type DnsQuestion, startDnsServer } from '@trellis/test/dns-server';
import { eventually } from '@trellis/test/eventually';
import { startReceiver } from '@trellis/test/receiver';
import { type Account, signUp } from '@trellis/test/sign-up';
import { publish, subscribe } from '@trellis/test/subscribe';
import { startWorker } from '@trellis/test/worker';
import t, { type Test } from 'tap';

/** Judged, but never dialled. */
const publicAddress = '8.8.8.8';
/** Nobody's (RFC 5737): opened below, it stands for a public address that may be dialled. */
const nobody = '198.51.100.77';
const inner = '127.0.0.1';

/** A DNS server that answers each name with the next address, and the last for ever. */
async function startRebinding(t: Test) {
  const scripts = new Map<string, string[][]>();
  const answer = ({ name, type }: DnsQuestion): string[] | null => {
    const script = scripts.get(name);
    if (!script) return null;
    if (type === 'AAAA') return [];
    return (script.length > 1 ? script.shift() : script[0]) ?? [];
  };
  const server = await startDnsServer(t, answer);
  return {
    ...server,
    /** A URL of a name with these answers. */
    url: (port: number, ...answers: string[][]) => {
      const name = `rebind-${scripts.size}.example`;
      scripts.set(name, answers);
      return `http://${name}:${port}/hook`;
    },
    asked: (url: string) =>
      server.questions.filter(({ name, type }) => url.includes(name) && type === 'A').length,
  };
}

/** The first attempt of the newest delivery of a subscription. */
function firstAttempt(api: Api, account: Account, webhookId: string) {
  return eventually(async () => {
    const base = `/webhooks/${webhookId}/deliveries`;
    const [delivery] = (await api.request('GET', base, account)).body.data;
    if (!delivery || delivery.attempts === 0) return undefined;
    return (await api.request('GET', `${base}/${delivery.id}`, account)).body.attemptList[0];
  });
}

t.test('a name that is public first and private second leads nowhere', async (t) => {
  const dns = await startRebinding(t);
  const receiver = await startReceiver(t);
  const { port } = receiver;
  const api = await startApi(t, {
    env: {
      WEBHOOK_DNS_SERVERS: dns.address,
      WEBHOOK_ALLOW_CIDRS: `${nobody}/32`,
      WEBHOOK_TIMEOUT_MS: '2000',
    },
  });
  await startWorker(t, api);
  const blocked = { statusCode: null, errorClass: 'blocked_address', error: /public/ };
  const account = await signUp(api);
  const patch = (id: string, url: string) =>
    api.request('PATCH', `/webhooks/${id}`, { token: account.token, body: { url } });
  const test = (id: string) => api.request('POST', `/webhooks/${id}/test`, account);

  await t.test('on create, and then at the delivery', async (t) => {
    const url = dns.url(port, [publicAddress], [inner]);
    const { id } = await subscribe(api, account, url, ['order.created']);
    t.equal(dns.asked(url), 1, 'the name was judged when it was entered');
    await publish(api, account, 'order.created');
    t.match(await firstAttempt(api, account, id), blocked);
    t.equal(dns.asked(url), 2, 'and asked for once by the delivery: what is judged is dialled');
  });

  await t.test('on change, and then at the delivery', async (t) => {
    const { id } = await subscribe(api, account, `https://${publicAddress}/`, ['order.changed']);
    t.equal((await patch(id, dns.url(port, [publicAddress], [inner]))).status, 200);
    await publish(api, account, 'order.changed');
    t.match(await firstAttempt(api, account, id), blocked);
  });

  await t.test('on test, where the call and the delivery each ask', async (t) => {
    const twice = dns.url(port, [publicAddress], [publicAddress], [inner]);
    const { id } = await subscribe(api, account, twice, ['order.tested']);
    t.equal((await test(id)).status, 202);
    t.match(await firstAttempt(api, account, id), { ...blocked, trigger: 'test' });

    await patch(id, dns.url(port, [publicAddress], [inner]));
    t.match(await test(id), { status: 422, body: { code: 'url_refused' } });
  });

  await t.test('and a private address beside a public one is not dialled', async (t) => {
    for (const answer of [
      [nobody, inner],
      [inner, nobody],
    ]) {
      const type = `order.beside.${answer.indexOf(inner)}`;
      const { id } = await subscribe(api, account, dns.url(port, answer), [type]);
      await publish(api, account, type);
      const attempt = await firstAttempt(api, account, id);
      t.match(attempt, { statusCode: null });
      t.not(attempt.errorClass, 'blocked_address', 'the public one is');
    }
  });

  t.equal(receiver.connections(), 0, 'no connection was made to the private address');
});
