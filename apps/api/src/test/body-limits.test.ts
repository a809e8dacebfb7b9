import { connect } from 'node:net';
import { startApi } from '@trellis/test/api';
import t from 'tap';

/** A body is announced, a part of it is sent, and the rest never comes. */
const hanging = (start: string) =>
  `${start} HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{`;

/** Answers how many milliseconds the server kept the connection, and what it said. */
function holdOpen(url: string, bytes: string): Promise<{ heldMs: number; said: string }> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve) => {
    const began = performance.now();
    let said = '';
    const socket = connect(Number(port), hostname, () => socket.write(bytes));
    socket.on('data', (chunk) => {
      said += String(chunk);
    });
    socket.on('error', () => {});
    socket.on('close', () => resolve({ heldMs: performance.now() - began, said }));
  });
}

t.test('a client that is answered and still sends does not hold its connection', async (t) => {
  const api = await startApi(t);
  const early = {
    'a route that refuses before it reads': hanging('POST /api/v1/webhooks'),
    'a route that reads no body': hanging('GET /health/live'),
    'a file that nobody may upload': hanging('POST /api/v1/files'),
  };
  await Promise.all(
    Object.entries(early).map(async ([what, bytes]) => {
      const { heldMs, said } = await holdOpen(api.url, bytes);
      t.match(said, /^HTTP\/1.1 (200|401) /, what);
      t.ok(heldMs < 20_000, `${what}: held for ${Math.round(heldMs)} ms`);
    }),
  );
});

t.test('a client that sends the rest after its answer keeps its connection', async (t) => {
  const api = await startApi(t);
  const { hostname, port } = new URL(api.url);
  const socket = connect(Number(port), hostname);
  t.teardown(() => socket.destroy());
  let said = '';
  const answers = () => said.match(/HTTP\/1\.1 \d+/g)?.length ?? 0;
  const until = (count: number) =>
    new Promise<void>((resolve, reject) => {
      socket.on('close', () => reject(new Error('the connection was closed')));
      socket.on('data', () => answers() >= count && resolve());
      if (answers() >= count) resolve();
    });
  socket.on('data', (chunk) => {
    said += String(chunk);
  });
  socket.write(hanging('GET /health/live'));
  await until(1);
  socket.write(`${'a'.repeat(999)}GET /health/live HTTP/1.1\r\nHost: a\r\n\r\n`);
  await until(2);
  t.equal(answers(), 2);
});
