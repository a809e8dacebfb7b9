import { normalizeIP } from '@fastify/rate-limit';
import fc from 'fast-check';
import t from 'tap';
import { createNetworkOf } from '../rate-limit/network-of.ts';
import { spanOf } from '../rate-limit/span-of.ts';

t.test('what is written in several ways counts as one address', async (t) => {
  const networkOf = createNetworkOf();
  const ways = {
    '203.0.113.1': [
      '203.0.113.1',
      '203.0.113.1:5678',
      '::ffff:203.0.113.1',
      '::FFFF:203.0.113.1',
      '::ffff:cb00:7101',
      '[::ffff:203.0.113.1]:5678',
    ],
    '2001:db8:0:7::': ['2001:db8:0:7::1', '[2001:db8:0:7::2]', '[2001:0DB8:0:7:1::]:443'],
    'fe80::': ['fe80::1%eth0', '[fe80::2%2]:80'],
    unknown: [undefined, '', 'unknown', '_hidden', '203.0.113.300', '203.0.113.1:', '[::1'],
  };
  for (const [network, all] of Object.entries(ways)) {
    for (const ip of all) t.equal(networkOf(ip), network, String(ip));
  }
  t.equal(networkOf(`fe80::1%${'x'.repeat(10_000)}`), 'unknown', 'however long it is');
});

t.test('an address counts as the same whether it is kept or read', async (t) => {
  const networkOf = createNetworkOf(2);
  fc.assert(
    fc.property(fc.oneof(fc.ipV6(), fc.ipV4()), (ip) => {
      for (let time = 0; time < 2; time++) {
        if (networkOf(ip) !== normalizeIP(ip)) return false;
      }
      return true;
    }),
  );
  t.pass('for any address');
});

t.test('never more fits than was declared, in whatever window', async (t) => {
  const windows = fc.record({
    perMinute: fc.integer({ min: 1, max: 1_000_000 }),
    times: fc.constantFrom(0.1, 1, 10),
    generalMs: fc.integer({ min: 640, max: 3_600_000 }),
  });
  fc.assert(
    fc.property(windows, ({ perMinute, times, generalMs }) => {
      const window = { name: '', times };
      const span = spanOf(perMinute, window, { RATE_LIMIT_WINDOW_MS: generalMs });
      const declared = (perMinute * times * span.windowMs) / 60_000;
      return span.max >= 1 && span.max <= declared + 1e-6 && span.windowMs >= generalMs;
    }),
  );
  const inSeconds = (perMinute: number, times: number) =>
    spanOf(perMinute, { name: '', times }, { RATE_LIMIT_WINDOW_MS: 1_000 });
  t.same(inSeconds(300, 0.1), { max: 30, windowMs: 60_000 }, 'and not one each second');
  t.same(inSeconds(600, 0.1), { max: 1, windowMs: 1_000 });
  t.same(inSeconds(4, 0.1), { max: 1, windowMs: 150_000 });
});
