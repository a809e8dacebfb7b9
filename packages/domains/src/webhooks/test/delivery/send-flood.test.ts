import type { Socket } from 'node:net';
import t from 'tap';
import { KeptBytes } from '../../delivery/kept-bytes.ts';
import { makeSender, message, serveHttp, serveSocket } from './receiver.ts';

const deadlineMs = 20_000;

/** Writes the same bytes for as long as the connection lasts, and says how many were taken. */
function flooding(head: string, chunk: string) {
  let written = 0;
  const bytes = Buffer.from(chunk);
  return {
    written: () => written,
    handler: (socket: Socket) => {
      const pour = (): void => {
        while (!socket.destroyed && socket.write(bytes)) written += bytes.length;
      };
      socket.on('drain', pour);
      socket.once('data', () => {
        socket.write(head);
        pour();
      });
    },
  };
}

t.test('interim answers without end are cut off, a few are skipped', async (t) => {
  const interim = 'HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n';
  const { handler, written } = flooding('', interim.repeat(1_000));
  const receiver = await serveSocket(t, handler);
  const result = await makeSender(t, { deadlineMs }).send({ ...message, url: receiver.url });
  t.match(result, { outcome: 'failed', statusCode: null, errorClass: 'invalid_response' });
  t.match(result.error, /interim/);
  t.ok(written() < 50_000_000, `${written()} bytes were written`);

  const patient = await serveSocket(t, (socket) =>
    socket.once('data', () =>
      socket.write(`${interim.repeat(5)}HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok`),
    ),
  );
  t.match(await makeSender(t).send({ ...message, url: patient.url }), {
    outcome: 'delivered',
    responseBody: 'ok',
  });
});

t.test('a status that HTTP does not have is an invalid response', async (t) => {
  for (const status of ['000', '050', '099', '999']) {
    const receiver = await serveSocket(t, (socket) =>
      socket.once('data', () => socket.end(`HTTP/1.1 ${status} No\r\ncontent-length: 0\r\n\r\n`)),
    );
    const result = await makeSender(t).send({ ...message, url: receiver.url });
    t.match(result, { outcome: 'failed', errorClass: 'invalid_response' }, status);
    t.match(result.error, new RegExp(`the receiver answered ${Number(status)}$`));
  }
});

t.test('headers and trailers without end are cut off', async (t) => {
  const heads = {
    head: 'HTTP/1.1 200 OK\r\n',
    trailers: 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n',
  };
  for (const [where, head] of Object.entries(heads)) {
    const { handler, written } = flooding(head, 'x-a: b\r\n'.repeat(1_000));
    const receiver = await serveSocket(t, handler);
    const result = await makeSender(t, { deadlineMs }).send({ ...message, url: receiver.url });
    t.match(result, { outcome: 'failed', errorClass: 'invalid_response' }, where);
    t.ok(written() < 50_000_000, `${written()} bytes were written`);
  }
});

t.test('control characters in an answer never reach what is stored', async (t) => {
  for (const byte of ['\0', '\x01', '\n', '\x7f']) {
    const receiver = await serveSocket(t, (socket) =>
      socket.once('data', () => socket.end(`HTTP/1.1 200 OK\r\nx-a: a${byte}b\r\n\r\n`)),
    );
    const result = await makeSender(t).send({ ...message, url: receiver.url });
    t.match(result, { outcome: 'failed', errorClass: 'invalid_response' }, JSON.stringify(byte));
    t.notMatch(JSON.stringify(result.responseHeaders), /\\u0000/);
  }
});

t.test(
  'single bytes between long chunk extensions are kept, and what is around them is not',
  async (t) => {
    const line = `1;x=${'y'.repeat(60_000)}\r\na\r\n`;
    const receiver = await serveSocket(t, (socket) =>
      socket.once('data', () => {
        socket.write('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n');
        socket.end(`${line.repeat(200)}0\r\n\r\n`);
      }),
    );
    const result = await makeSender(t, { deadlineMs }).send({ ...message, url: receiver.url });
    t.match(result, { outcome: 'delivered', responseBody: 'a'.repeat(200) });

    const kept = new KeptBytes(1_000);
    const read = Buffer.alloc(65_536, 'b');
    for (let count = 0; count < 3_000; count++) kept.add(read.subarray(7, 8));
    t.equal(String(kept.bytes), 'b'.repeat(1_000));
    t.ok(kept.isCut);
    t.not(kept.bytes.buffer, read.buffer, 'no window on what was read is held');
  },
);

t.test('the bytes that are kept are the first, up to the last one that fits', async (t) => {
  const kept = new KeptBytes(5);
  t.equal(kept.length, 0);
  kept.add(Buffer.from('abc'));
  kept.add(Buffer.from('de'));
  t.equal(kept.isCut, false, 'exactly full is whole');
  kept.add(Buffer.alloc(0));
  t.equal(kept.isCut, false);
  kept.add(Buffer.from('f'));
  t.same([String(kept.bytes), kept.isCut], ['abcde', true]);
});

t.test('subscriptions to one host share no connection', async (t) => {
  const receiver = await serveHttp(t, (_request, response) => response.end('ok'));
  const sender = makeSender(t);
  for (let count = 0; count < 3; count++) {
    for (const webhookId of ['one', 'two']) {
      const result = await sender.send({ ...message, webhookId, url: receiver.url });
      t.match(result, { outcome: 'delivered' });
    }
  }
  t.equal(receiver.connections(), 2, 'and use their own again');
});

t.test('a path that never answers holds up no other subscription to its host', async (t) => {
  const receiver = await serveHttp(t, (request, response) => {
    if (request.url !== '/silent') response.end('ok');
  });
  const sender = makeSender(t, { connectionsPerWebhook: 2, deadlineMs: 5_000 });
  const silent = Array.from({ length: 10 }, () =>
    sender.send({ ...message, webhookId: 'silent', url: new URL('/silent', receiver.url).href }),
  );
  const result = await sender.send({ ...message, webhookId: 'other', url: receiver.url });
  t.match(result, { outcome: 'delivered' });
  for (const one of await Promise.all(silent)) t.match(one, { errorClass: 'timeout' });
});

t.test("an answer too many is nobody else's, and ends the connection", async (t) => {
  const answer = 'HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nfalse';
  const receiver = await serveSocket(t, (socket) =>
    socket.on('data', () => {
      socket.write(answer);
      setTimeout(() => socket.write(answer), 20);
    }),
  );
  const sender = makeSender(t);
  t.match(await sender.send({ ...message, webhookId: 'hostile', url: receiver.url }), {
    outcome: 'delivered',
  });
  const other = await sender.send({ ...message, webhookId: 'other', url: receiver.url });
  t.match(other, { outcome: 'delivered' });
  t.equal(receiver.connections(), 2);
});

t.test('of two headers that differ in case only, the last is sent', async (t) => {
  const seen: string[][] = [];
  const receiver = await serveHttp(t, (request, response) => {
    seen.push(request.rawHeaders);
    response.end();
  });
  const headers = { 'Webhook-Id': 'forged', 'X-Own': 'a', 'webhook-id': 'ours' };
  await makeSender(t).send({ ...message, url: receiver.url, headers });
  const names = (seen[0] ?? []).filter((_, index) => index % 2 === 0);
  t.equal(names.filter((name) => name.toLowerCase() === 'webhook-id').length, 1);
  t.notOk(seen[0]?.includes('forged'));
  t.ok(seen[0]?.includes('ours'));
});
