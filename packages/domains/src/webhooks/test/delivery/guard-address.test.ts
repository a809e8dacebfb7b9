import type { LookupAddress } from 'node:dns';
import { isIP } from 'node:net';
import t from 'tap';
import { createAddressGuard } from '../../delivery/guard-address.ts';
import { BlockedAddressError, UrlRefusedError } from '../../delivery/refused-url.ts';
import type { Resolve } from '../../delivery/share-resolve.ts';

const guard = createAddressGuard({ allowCidrs: [] });

/** Answers each question with the next list, the last one for ever. */
function resolveTo(...answers: string[][]): Resolve & { asked(): number } {
  let asked = 0;
  const resolve: Resolve = (_hostname, callback) => {
    const addresses = answers[Math.min(asked, answers.length - 1)] ?? [];
    asked += 1;
    setImmediate(() =>
      callback(
        null,
        addresses.map((address) => ({ address, family: isIP(address) })),
      ),
    );
  };
  return Object.assign(resolve, { asked: () => asked });
}

type Answer = { error: Error | null; address: string | LookupAddress[]; family?: number };

function look(resolve: Resolve, all: boolean, allowCidrs: string[] = []): Promise<Answer> {
  const { lookup } = createAddressGuard({ allowCidrs, resolve });
  return new Promise((answer) =>
    lookup('hook.example', { all }, (error, address, family) =>
      answer({ error, address, ...(family === undefined ? {} : { family }) }),
    ),
  );
}

const blocked: Record<string, string[]> = {
  'unspecified and this network': ['0.0.0.0', '0.1.2.3', '::'],
  loopback: ['127.0.0.1', '127.255.255.254', '::1', '0:0:0:0:0:0:0:1'],
  private: ['10.0.0.1', '172.16.0.1', '172.31.255.255', '192.168.1.1'],
  'carrier-grade NAT': ['100.64.0.1', '100.127.255.255', '100.100.100.200'],
  'link-local': ['169.254.0.1', 'fe80::1', 'fe80::1%eth0', 'febf::1'],
  metadata: ['169.254.169.254', 'fd00:ec2::254', '168.63.129.16', '192.0.0.192'],
  multicast: ['224.0.0.1', '239.255.255.255', 'ff02::1', 'ff0e::1'],
  'broadcast and reserved': ['255.255.255.255', '240.0.0.1', '192.0.0.1', '192.88.99.1'],
  'documentation and benchmark': ['192.0.2.1', '198.51.100.1', '203.0.113.1', '198.18.0.1'],
  'documentation and benchmark, v6': ['2001:db8::1', '3fff::1', '2001:2::1', '100::1'],
  'unique local and site-local': ['fc00::1', 'fdff::1', 'fec0::1'],
  'mapped and compatible': ['::ffff:127.0.0.1', '::ffff:a00:1', '::127.0.0.1', '::8.8.8.8'],
  translated: ['64:ff9b::127.0.0.1', '64:ff9b::a9fe:a9fe', '64:ff9b:1::808:808', '::ffff:0:7f00:1'],
  '6to4 and Teredo': ['2002:7f00:1::', '2002:808:808::1', '2001:0:4136:e378::1'],
  'not unicast at all': ['4000::1', '8000::1', '5f00::1'],
  'no address': ['', 'localhost', '127.1', '0x7f.1', '2130706433', '8.8.8.8 ', '[::1]', '08.8.8.8'],
};

t.test('no address of our own networks is allowed', async (t) => {
  for (const [kind, addresses] of Object.entries(blocked)) {
    for (const ip of addresses) t.equal(guard.isAllowed(ip), false, `${kind}: ${ip}`);
  }
});

t.test('public addresses are allowed, mapped and NAT64 by the IPv4 inside', async (t) => {
  const open = ['8.8.8.8', '1.1.1.1', '172.32.0.1', '100.128.0.1', '2606:4700::1111'];
  for (const ip of [...open, '::ffff:8.8.8.8', '64:ff9b::8.8.8.8', '2a00:1450::1']) {
    t.equal(guard.isAllowed(ip), true, ip);
  }
});

t.test('an entry of the allow-list opens its range and no other', async (t) => {
  const opened = createAddressGuard({ allowCidrs: ['127.0.0.0/8', 'fd00::/8'] });
  for (const ip of ['127.0.0.1', '::ffff:127.0.0.1', 'fd12::1']) t.ok(opened.isAllowed(ip), ip);
  for (const ip of ['10.0.0.1', '::1', '64:ff9b::127.0.0.1', 'fc00::1']) {
    t.notOk(opened.isAllowed(ip), ip);
  }
  for (const cidr of ['', '127.0.0.1', '127.0.0.0/33', '127/8', '::/129', 'x/8', '10.0.0.0/']) {
    t.throws(() => createAddressGuard({ allowCidrs: [cidr] }), {
      message: `"${cidr}" is not a CIDR range: write it like 127.0.0.0/8 or ::1/128`,
    });
  }
});

t.test('a URL with a literal address is judged in every form it can be written', async (t) => {
  const hosts = ['127.0.0.1', '127.1', '0x7f.1', '0x7f000001', '2130706433', '017700000001'];
  hosts.push('0177.0.0.1', '127.0.0.1.', '0', '①②⑦.⓪.⓪.①', '%31%32%37.0.0.1', '169.254.169.254');
  hosts.push('[::1]', '[::]', '[::ffff:127.0.0.1]', '[::ffff:7f00:1]', '[64:ff9b::7f00:1]');
  hosts.push('[2002:7f00:1::]', '[::127.0.0.1]', '[fd00:ec2::254]', '[2001:0:1::]');
  hosts.push('localhost', 'LOCALHOST', 'localhost.', 'a.localhost');
  for (const host of hosts) {
    t.throws(() => guard.checkUrl(`http://${host}:8080/x`), BlockedAddressError, host);
    await t.rejects(guard.checkHost(`https://${host}/x`), BlockedAddressError, host);
  }
  t.throws(() => guard.checkUrl('http://[fe80::1%25eth0]/'), UrlRefusedError);
  t.equal(guard.checkUrl('https://8.8.8.8/x').hostname, '8.8.8.8');
  t.equal(guard.checkUrl('https://hook.example/x?y=1').pathname, '/x');
});

t.test('localhost is open when loopback is', async (t) => {
  for (const range of ['127.0.0.0/8', '::1/128']) {
    const opened = createAddressGuard({ allowCidrs: [range] });
    t.doesNotThrow(() => opened.checkUrl('http://localhost:3000/hook'));
  }
});

t.test('a URL that is no plain http address is refused with its reason', async (t) => {
  const refused: [string, RegExp][] = [
    ['ftp://hook.example/', /http/],
    ['file:///etc/passwd', /http/],
    ['gopher://127.0.0.1/', /http/],
    ['https://user@hook.example/', /credentials/],
    ['https://user:pass@hook.example/', /credentials/],
    ['https://:pass@hook.example/', /credentials/],
    ['http://', /parsed/],
    ['https:///', /parsed/],
    ['https://./', /no host/],
    ['hook.example', /parsed/],
    ['', /parsed/],
    ['https://hook.example:99999/', /parsed/],
    ['https://hook.example/\n', /control/],
    [' https://hook.example/', /space/],
    ['ht\ttps://hook.example/', /control/],
    [`https://hook.example/${'x'.repeat(2048)}`, /longer than 2048/],
  ];
  for (const [url, reason] of refused) {
    t.throws(() => guard.checkUrl(url), { name: 'UrlRefusedError', reason }, url);
  }
  t.doesNotThrow(() => guard.checkUrl(`https://hook.example/${'x'.repeat(2027)}`));
});

t.test('lookup answers only allowed addresses, in order, in both shapes', async (t) => {
  const mixed = resolveTo(['10.0.0.1', '2606:4700::1', '127.0.0.1', '8.8.8.8']);
  t.same((await look(mixed, true)).address, [
    { address: '2606:4700::1', family: 6 },
    { address: '8.8.8.8', family: 4 },
  ]);
  t.same(await look(mixed, false), { error: null, address: '2606:4700::1', family: 6 });
  const { error } = await look(resolveTo(['10.0.0.1', '::1']), true);
  t.ok(error instanceof BlockedAddressError);
  t.notMatch(error?.message, /10\.0/, 'what our DNS knows is not told');
  t.same((await look(resolveTo(['10.0.0.1']), false, ['10.0.0.0/8'])).address, '10.0.0.1');
});

t.test('of a name with very many addresses eight are tried', async (t) => {
  const many = Array.from({ length: 300 }, (_, index) => `8.8.${index % 200}.${index % 100}`);
  const { address } = await look(resolveTo(['10.0.0.1', ...many]), true);
  t.same(
    address,
    many.slice(0, 8).map((one) => ({ address: one, family: 4 })),
  );
});

t.test('lookup keeps to the family that is asked for and hands errors on', async (t) => {
  const { lookup } = createAddressGuard({
    allowCidrs: [],
    resolve: resolveTo(['8.8.8.8', '2606:4700::1']),
  });
  for (const family of [6, 'IPv6'] as const) {
    const address = await new Promise((answer) =>
      lookup('hook.example', { family }, (_error, found) => answer(found)),
    );
    t.equal(address, '2606:4700::1');
  }
  const failure = Object.assign(new Error('no such name'), { code: 'ENOTFOUND' });
  const { error } = await look((_host, callback) => callback(failure, []), true);
  t.equal(error, failure);
});

t.test('concurrent lookups of one name ask once, later ones ask again', async (t) => {
  const resolve = resolveTo(['8.8.8.8']);
  const { lookup } = createAddressGuard({ allowCidrs: [], resolve });
  const ask = () =>
    new Promise((done) => lookup('hook.example', { all: true }, (_error, all) => done(all)));
  await Promise.all(Array.from({ length: 50 }, ask));
  t.equal(resolve.asked(), 1);
  await ask();
  t.equal(resolve.asked(), 2);
});

t.test('checkHost refuses private names, and leaves unknown ones to the delivery', async (t) => {
  const withAnswer = (resolve: Resolve) => createAddressGuard({ allowCidrs: [], resolve });
  const url = 'https://hook.example/x';
  await t.rejects(withAnswer(resolveTo(['192.168.0.1'])).checkHost(url), BlockedAddressError);
  await t.resolves(withAnswer(resolveTo(['8.8.8.8'])).checkHost(url));
  const failing: Resolve = (_host, callback) => callback(new Error('EAI_AGAIN'), []);
  await t.resolves(withAnswer(failing).checkHost(url));
  const startedMs = performance.now();
  await t.resolves(withAnswer(() => {}).checkHost(url), 'a resolver that never answers');
  t.ok(performance.now() - startedMs < 4000);
});
