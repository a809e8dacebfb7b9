import type { Socket } from 'node:net';
import t from 'tap';
import { createAdmitReader } from '../admit-reader.ts';

const from = (remoteAddress: string | undefined) => ({
  headers: {},
  socket: { remoteAddress } as Socket,
});

t.test('without a token only the machine itself reads metrics', async (t) => {
  const admit = createAdmitReader(undefined);
  for (const address of ['127.0.0.1', '127.8.9.1', '::1', '::ffff:127.0.0.1']) {
    t.doesNotThrow(() => admit(from(address)), address);
  }
  const others = ['10.0.0.1', '192.168.1.1', '203.0.113.9', '::', '2001:db8::1', '::ffff:10.0.0.1'];
  for (const address of [...others, '', undefined]) {
    t.throws(() => admit(from(address)), { code: 'metrics_local_only', status: 403 }, `${address}`);
  }
});

t.test('with a token the machine itself needs it too', async (t) => {
  const admit = createAdmitReader('a-token-of-the-metrics');
  t.throws(() => admit(from('127.0.0.1')), { code: 'metrics_token_required', status: 401 });
  const headers = { authorization: 'bearer a-token-of-the-metrics' };
  t.doesNotThrow(() => admit({ ...from('203.0.113.9'), headers }));
});
