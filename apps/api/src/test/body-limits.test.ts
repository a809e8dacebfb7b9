import { connect } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { type Api, startApi } from '@trellis/test/api';
import { eventually } from '@trellis/test/eventually';
import { signUp } from '@trellis/test/sign-up';
import t, { type Test } from 'tap';
import { filePart, upload } from '../../../../packages/domains/src/files/test/upload.ts';

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

/** The start of a repeated upload of a kept key, of which much is still to come. */
async function repeatUpload(t: Pick<Test, 'teardown'>, api: Api, length: number) {
  const account = await signUp(api);
  const key = 'repeated';
  const first = await upload(api, account, 'a', { headers: { 'idempotency-key': key } });
  const { hostname, port } = new URL(api.url);
  const socket = connect(Number(port), hostname);
  t.teardown(() => socket.destroy());
  let said = '';
  socket.on('error', () => {});
  socket.on('data', (chunk) => {
    said += String(chunk);
  });
  const headers = [
    'POST /api/v1/files HTTP/1.1',
    'Host: a',
    `Authorization: Bearer ${account.token}`,
    `Idempotency-Key: ${key}`,
    'Content-Type: multipart/form-data; boundary=trellis-test-boundary',
    `Content-Length: ${filePart().length + length}`,
  ];
  socket.write(`${headers.join('\r\n')}\r\n\r\n${filePart()}`);
  await eventually(() => said.startsWith('HTTP/1.1 201 ') && said.includes(first.body.id));
  return { socket, said: () => said };
}

t.test('a repeated upload may go on for long after its answer', async (t) => {
  const api = await startApi(t);
  const seconds = 7;
  const { socket, said } = await repeatUpload(t, api, seconds * 1_000);
  for (let sent = 0; sent < seconds; sent++) {
    await wait(1_000);
    socket.write('a'.repeat(1_000));
  }
  socket.write('GET /health/live HTTP/1.1\r\nHost: a\r\n\r\n');
  await eventually(() => said().includes('HTTP/1.1 200 '));
});

t.test('a repeated upload of which nothing comes any more loses its connection', async (t) => {
  const api = await startApi(t, { env: { UPLOAD_IDLE_TIMEOUT_MS: '400' } });
  const { socket } = await repeatUpload(t, api, 1_000);
  await eventually(() => socket.closed, { timeoutMs: 30_000 });
});
