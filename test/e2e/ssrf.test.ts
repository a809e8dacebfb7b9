import { createServer, isIPv4, isIPv6 } from 'node:net';
import { type Api, startApi } from '@trellis/test/api';
import { startDnsServer } from '@trellis/test/dns-server';
import { eventually } from '@trellis/test/eventually';
import { setPlan } from '@trellis/test/installation';
import { ownNames } from '@trellis/test/own-names';
import { type Account, signUp } from '@trellis/test/sign-up';
import { publish, subscribe } from '@trellis/test/subscribe';
import { startWorker } from '@trellis/test/worker';
import t, { type Test } from 'tap';
import { refusedHosts, refusedUrls } from './refused-hosts.ts';

const publicUrl = 'https://8.8.8.8/hook';
const everything = '0.0.0.0/0,::/0';
const timeoutMs = 60_000;

/** Names in the DNS, one for each address of the list that it can have. */
const names = new Map(
  Object.values(refusedHosts)
    .flat()
    .map((host) => host.replaceAll(/[[\]]/g, ''))
    .filter((host) => isIPv4(host) || (isIPv6(host) && !host.includes('.')))
    .map((address, index) => [`n${index}.ssrf.example`, address]),
);
const hosts = [...Object.values(refusedHosts).flat(), ...names.keys(), ...(await ownNames())];

/** A listener on every address of this machine that counts who connects. */
async function listen(t: Test) {
  let connections = 0;
  const server = createServer((socket) => {
    connections++;
    socket.destroy();
  });
  await new Promise<void>((ready) => server.listen(0, ready));
  t.teardown(() => new Promise((closed) => server.close(closed)));
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : undefined;
  return { port, connections: () => connections };
}

function refuses(t: Test, reply: Awaited<ReturnType<Api['request']>>, url: string): void {
  t.match(
    { status: reply.status, code: reply.body.code, url },
    { status: 422, code: 'url_refused', url },
  );
}

t.test('no address that is not public is ever dialled', async (t) => {
  const { port, connections } = await listen(t);
  const dns = await startDnsServer(t, ({ name }) => {
    const address = names.get(name);
    return address === undefined ? null : [address];
  });
  const env = { WEBHOOK_DNS_SERVERS: dns.address };
  const strict = await startApi(t, { env: { ...env, WEBHOOK_ALLOW_CIDRS: '' } });
  const account = await signUp(strict);
  await setPlan(strict.database, account.tenant.id, 'enterprise');
  const urlOf = (host: string) => `http://${host}:${port}/hook`;
  const request = (method: string, path: string, body?: object) =>
    strict.request(method, path, { token: account.token, body });
  const { id } = await subscribe(strict, account, publicUrl, ['order.sent']);
  const others = Object.values(refusedUrls).flat();
  const urls = [
    ...hosts.map(urlOf),
    ...others.map((url) => url.replace('HOST', `127.0.0.1:${port}`)),
  ];

  await t.test('POST /webhooks refuses it', async (t) => {
    for (const url of urls) {
      refuses(t, await request('POST', '/webhooks', { url, events: ['*'] }), url);
    }
  });
  await t.test('PATCH /webhooks/:id refuses it, and changes nothing', async (t) => {
    for (const url of urls) refuses(t, await request('PATCH', `/webhooks/${id}`, { url }), url);
    t.equal((await request('GET', `/webhooks/${id}`)).body.url, publicUrl);
  });

  // As when an operator closes what was open: the subscriptions are there already.
  const open = await startApi(t, {
    beside: strict,
    env: { ...env, WEBHOOK_ALLOW_CIDRS: everything },
  });
  const subscriptions = await Promise.all(
    hosts.map(async (host) => ({ host, ...(await subscribe(open, account, urlOf(host))) })),
  );
  await t.test('POST /webhooks/:id/test refuses it', async (t) => {
    for (const { id, host } of subscriptions) {
      refuses(t, await request('POST', `/webhooks/${id}/test`), urlOf(host));
    }
  });
  for (const { id } of subscriptions) {
    const reply = await open.request('POST', `/webhooks/${id}/test`, account);
    t.equal(reply.status, 202);
  }
  await publish(strict, account);
  await startWorker(t, strict);
  await t.test('deliveries and tests of a worker are recorded as blocked', async (t) => {
    for (const { id, host } of subscriptions) await isBlocked(t, strict, account, id, host);
  });
  t.ok(dns.questions.length > 0, 'the names were asked for');
  t.equal(connections(), 0, 'no connection was made');
});

/** Its test and the event that was published. */
async function isBlocked(
  t: Test,
  api: Api,
  account: Account,
  webhookId: string,
  host: string,
): Promise<void> {
  const base = `/webhooks/${webhookId}/deliveries`;
  const read = async (path: string) => (await api.request('GET', path, account)).body;
  const deliveries = await eventually(
    async () => {
      const { data } = await read(base);
      return data.every(({ attempts }: { attempts: number }) => attempts > 0) && data;
    },
    { timeoutMs },
  );
  t.equal(deliveries.length, 2, host);
  for (const { id } of deliveries) {
    const { attemptList } = await read(`${base}/${id}`);
    t.match(attemptList[0], { statusCode: null, errorClass: 'blocked_address' }, host);
  }
}
