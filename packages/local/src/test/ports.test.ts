import { once } from 'node:events';
import { createServer } from 'node:net';
import t from 'tap';
import { findPort, isPortFree } from '../ports.ts';

async function listen(host: string, onEnd: (close: () => void) => void): Promise<number> {
  const server = createServer().listen(0, host);
  onEnd(() => server.close());
  await once(server, 'listening');
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

t.test('a port that something listens on is not free, whatever its address', async (t) => {
  for (const host of ['127.0.0.1', '0.0.0.0']) {
    t.equal(await isPortFree(await listen(host, t.teardown.bind(t))), false, host);
  }
});

t.test('a preferred port is taken when it is free', async (t) => {
  const free = await findPort();
  t.equal(await findPort([undefined, free]), free);
});

t.test('another one is found when the preferred ones are taken', async (t) => {
  const taken = await listen('127.0.0.1', t.teardown.bind(t));
  const found = await findPort([taken]);
  t.not(found, taken);
  t.equal(await isPortFree(found), true);
});
