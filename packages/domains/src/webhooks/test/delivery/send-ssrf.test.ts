import type { LookupAddress } from 'node:dns';
import t from 'tap';
import { createAddressGuard } from '../../delivery/guard-address.ts';
import type { Resolve } from '../../delivery/share-resolve.ts';
import { makeSender, message, serveHttp } from './receiver.ts';

const loopback: LookupAddress = { address: '127.0.0.1', family: 4 };
// 192.0.2.0/24 is documentation space: nothing answers there, and the tests open it so that it
// can stand for a public address.
const outside: LookupAddress = { address: '192.0.2.1', family: 4 };

function resolveTo(...answers: LookupAddress[][]): Resolve & { asked(): number } {
  let asked = 0;
  const resolve: Resolve = (_host, callback) => {
    const answer = answers[Math.min(asked, answers.length - 1)] ?? [];
    asked += 1;
    setImmediate(() => callback(null, answer));
  };
  return Object.assign(resolve, { asked: () => asked });
}

t.test('no form of a literal loopback address reaches a listening server', async (t) => {
  const inner = await serveHttp(t, (_request, response) => response.end('secret'));
  const sender = makeSender(t, { guard: createAddressGuard({ allowCidrs: [] }) });
  const hosts = ['127.0.0.1', '127.1', '0x7f.1', '2130706433', '017700000001', '0', 'localhost'];
  hosts.push('[::1]', '[::ffff:127.0.0.1]', '[::ffff:7f00:1]', '[::]', '[64:ff9b::7f00:1]');
  for (const host of hosts) {
    for (const scheme of ['http', 'https']) {
      const result = await sender.send({ url: `${scheme}://${host}:${inner.port}/`, ...message });
      t.match(result, { outcome: 'failed', statusCode: null, errorClass: 'blocked_address' }, host);
    }
  }
  t.equal(inner.connections(), 0);
});

t.test('a name that resolves to loopback is refused on every delivery', async (t) => {
  const inner = await serveHttp(t, (_request, response) => response.end('secret'));
  const resolve = resolveTo([loopback]);
  const sender = makeSender(t, { guard: createAddressGuard({ allowCidrs: [], resolve }) });
  for (const scheme of ['http', 'https']) {
    const url = `${scheme}://inner.example:${inner.port}/`;
    for (let i = 0; i < 2; i += 1) {
      t.match(await sender.send({ url, ...message }), { errorClass: 'blocked_address' });
    }
  }
  t.equal(resolve.asked(), 4);
  t.equal(inner.connections(), 0);
});

t.test('a name that rebinds after the check at creation gains nothing', async (t) => {
  const inner = await serveHttp(t, (_request, response) => response.end('secret'));
  const resolve = resolveTo([outside], [loopback]);
  const guard = createAddressGuard({ allowCidrs: ['192.0.2.0/24'], resolve });
  const url = `http://rebind.example:${inner.port}/`;
  await t.resolves(guard.checkHost(url), 'the first answer is public');
  const result = await makeSender(t, { guard }).send({ url, ...message });
  t.match(result, { outcome: 'failed', errorClass: 'blocked_address' });
  t.equal(resolve.asked(), 2, 'the address that was judged is the one that would be dialled');
  t.equal(inner.connections(), 0);
});

t.test(
  'a blocked address beside an allowed one is not dialled, not even as fallback',
  async (t) => {
    const inner = await serveHttp(t, (_request, response) => response.end('secret'));
    const resolve = resolveTo([loopback, outside, loopback]);
    const guard = createAddressGuard({ allowCidrs: ['192.0.2.0/24'], resolve });
    const sender = makeSender(t, { guard, deadlineMs: 600 });
    const url = `http://mixed.example:${inner.port}/`;
    t.match(await sender.send({ url, ...message }), { outcome: 'failed', statusCode: null });
    t.equal(inner.connections(), 0);
  },
);

t.test('an opened range is reached by name and by address', async (t) => {
  const inner = await serveHttp(t, (_request, response) => response.end('ok'));
  const resolve = resolveTo([loopback]);
  const guard = createAddressGuard({ allowCidrs: ['127.0.0.0/8'], resolve });
  const sender = makeSender(t, { guard });
  for (const host of ['inner.example', 'localhost', '127.0.0.1', '2130706433']) {
    const result = await sender.send({ url: `http://${host}:${inner.port}/`, ...message });
    t.match(result, { outcome: 'delivered', responseBody: 'ok' }, host);
  }
});
