import { once } from 'node:events';
import type { OutgoingHttpHeaders } from 'node:http';
import net, { type AddressInfo } from 'node:net';
import {
  brotliCompressSync,
  deflateRawSync,
  deflateSync,
  gzipSync,
  zstdCompressSync,
} from 'node:zlib';
import t from 'tap';
import { createAddressGuard } from '../../delivery/guard-address.ts';
import { createSender } from '../../delivery/send.ts';
import { makeSender, message, serveHttp, serveSocket } from './receiver.ts';

const keptBytes = 16_384;

/** Answers every connection with these bytes once the request has begun to arrive. */
function answering(bytes: string): (socket: net.Socket) => void {
  return (socket) => socket.once('data', () => socket.write(bytes));
}

/** A port that nothing listens on any more. */
async function freePort(): Promise<AddressInfo> {
  const server = net.createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address() as AddressInfo;
  server.close();
  return address;
}

t.test('one deadline ends a body, a head or a wait that never does', async (t) => {
  const dripping = await serveHttp(t, (_request, response) => {
    response.writeHead(200);
    const timer = setInterval(() => response.write('x'), 50);
    response.on('close', () => clearInterval(timer));
  });
  const drippingHead = await serveSocket(t, (socket) => {
    socket.write('HTTP/1.1 200 OK\r\nx-a: ');
    const timer = setInterval(() => socket.write('x'), 50);
    socket.on('close', () => clearInterval(timer));
  });
  const informing = await serveSocket(t, (socket) => {
    const timer = setInterval(() => socket.write('HTTP/1.1 103 Early Hints\r\n\r\n'), 50);
    socket.on('close', () => clearInterval(timer));
  });
  const silent = await serveSocket(t, () => {});
  const sender = makeSender(t, { deadlineMs: 400 });
  for (const receiver of [dripping, drippingHead, informing, silent]) {
    const result = await sender.send({ url: receiver.url, ...message });
    t.match(result, { outcome: 'failed', errorClass: 'timeout' });
    t.equal(result.statusCode, receiver === dripping ? 200 : null);
    t.ok(result.durationMs >= 390 && result.durationMs < 900, `${result.durationMs} ms`);
  }
});

t.test('the deadline covers a TLS handshake and a lookup that never end', async (t) => {
  const silent = await serveSocket(t, () => {});
  const sender = makeSender(t, { deadlineMs: 300 });
  const url = silent.url.replace('http:', 'https:');
  const result = await sender.send({ url, ...message });
  t.match(result, { outcome: 'failed', statusCode: null, errorClass: 'timeout' });
  t.ok(result.durationMs < 800);
});

t.test('a request whose connection comes after the deadline is never written', async (t) => {
  let bytes = 0;
  const receiver = await serveSocket(t, (socket) =>
    socket.on('data', (data) => {
      bytes += data.length;
    }),
  );
  const sender = makeSender(t, {
    deadlineMs: 200,
    guard: {
      checkUrl: (url) => new URL(url),
      lookup: (_host, _options, callback) => {
        setTimeout(() => callback(null, [{ address: '127.0.0.1', family: 4 }]), 350);
      },
    },
  });
  const url = `http://slow-dns.example:${receiver.port}/`;
  t.match(await sender.send({ url, ...message }), { errorClass: 'timeout' });
  await new Promise((resolve) => setTimeout(resolve, 300));
  t.equal(bytes, 0);
});

t.test('of a huge body 16 KiB are kept and the rest is not read', async (t) => {
  let written = 0;
  const receiver = await serveHttp(t, (request, response) => {
    if (request.url === '/known') response.setHeader('content-length', 1e12);
    const chunk = Buffer.alloc(65_536, 'é');
    const pump = (): void => {
      do written += chunk.length;
      while (response.write(chunk) && written < 1e9);
    };
    response.on('drain', pump);
    pump();
  });
  const sender = makeSender(t);
  for (const path of ['/known', '/unknown']) {
    const result = await sender.send({ url: new URL(path, receiver.url).href, ...message });
    t.match(result, { outcome: 'delivered', statusCode: 200, responseTruncated: true });
    t.equal(result.responseBody, 'é'.repeat(keptBytes / 2));
  }
  t.ok(written < 5e7, `${written} bytes were written`);
});

t.test('a short rest is read so that the connection can be used again', async (t) => {
  const receiver = await serveHttp(t, (_request, response) => {
    response.setHeader('content-length', keptBytes + 100);
    response.write('a'.repeat(100));
    setTimeout(() => response.end('b'.repeat(keptBytes)), 20);
  });
  const sender = makeSender(t, { connectionsPerWebhook: 1 });
  for (let i = 0; i < 3; i += 1) {
    const result = await sender.send({ url: receiver.url, ...message });
    t.match(result, { outcome: 'delivered', responseTruncated: true });
    t.equal(result.responseBody?.length, keptBytes);
  }
  t.equal(receiver.connections(), 1);
});

t.test('a compressed answer is decoded, and a bomb costs one more chunk', async (t) => {
  const text = 'compressed although we asked for identity';
  const bomb = Buffer.alloc(20_000_000, 'x');
  const answers: Record<string, [OutgoingHttpHeaders, Buffer]> = {
    '/gzip': [{ 'content-encoding': 'gzip' }, gzipSync(text)],
    '/br': [{ 'content-encoding': 'br' }, brotliCompressSync(text)],
    '/deflate': [{ 'content-encoding': 'deflate' }, deflateSync(text)],
    '/deflate-raw': [{ 'content-encoding': 'Deflate' }, deflateRawSync(text)],
    '/zstd': [{ 'content-encoding': 'zstd' }, zstdCompressSync(text)],
    '/bomb': [{ 'content-encoding': 'gzip' }, gzipSync(bomb)],
    '/bomb-br': [{ 'content-encoding': 'br' }, brotliCompressSync(bomb)],
    '/broken': [{ 'content-encoding': 'gzip' }, Buffer.from('not gzip at all')],
    '/twice': [{ 'content-encoding': 'gzip, gzip' }, gzipSync(gzipSync(text))],
    '/unknown': [{ 'content-encoding': 'magic' }, Buffer.from('abracadabra')],
  };
  const receiver = await serveHttp(t, (request, response) => {
    const [headers, body] = answers[request.url ?? ''] ?? [{}, Buffer.alloc(0)];
    response.writeHead(200, headers).end(body);
  });
  const sender = makeSender(t);
  const get = (path: string) => sender.send({ url: new URL(path, receiver.url).href, ...message });
  for (const path of ['/gzip', '/br', '/deflate', '/deflate-raw', '/zstd']) {
    t.match(await get(path), { responseBody: text, responseTruncated: false }, path);
  }
  for (const path of ['/bomb', '/bomb-br']) {
    const result = await get(path);
    t.equal(result.responseBody, 'x'.repeat(keptBytes), path);
    t.equal(result.responseTruncated, true);
    t.ok(result.durationMs < 1000);
  }
  for (const path of ['/broken', '/twice', '/unknown']) {
    t.match(await get(path), { outcome: 'delivered', responseBody: null }, path);
  }
});

t.test('what is kept can be stored as text: no null characters, no cut ones', async (t) => {
  const receiver = await serveHttp(t, (_request, response) => {
    response.end(Buffer.from([0x61, 0, 0x62, 0xff, 0x63]));
  });
  const result = await makeSender(t).send({ url: receiver.url, ...message });
  t.equal(result.responseBody, 'a\ufffdb\ufffdc');
});

t.test('headers are bounded, and hostile names do no harm', async (t) => {
  const many = Array.from({ length: 60 }, (_, i) => `x-${i}: ${'v'.repeat(i === 0 ? 5000 : 3)}`);
  const names = [
    '__proto__: 1',
    'constructor: 2',
    'x-api-key: k',
    'retry-after: 1',
    'retry-after: 2',
  ];
  const head = ['HTTP/1.1 429 Slow', 'content-length: 0', ...names, ...many].join('\r\n');
  const receiver = await serveSocket(t, answering(`${head}\r\n\r\n`));
  const result = await makeSender(t).send({ url: receiver.url, ...message });
  t.match(result, { statusCode: 429, errorClass: 'http_4xx', retryAfterMs: null });
  t.ok(Object.keys(result.responseHeaders).length <= 32);
  t.equal(result.responseHeaders['x-api-key'], '[redacted]');
  t.equal(result.responseHeaders['x-0']?.length, 256);
});

t.test('what is not HTTP is an invalid response', async (t) => {
  const answers = [
    'SSH-2.0-OpenSSH_9.6\r\n',
    'HTTP/1.1 abc OK\r\n\r\n',
    'HTTP/1.1 200 OK\r\ncontent-length: x\r\n\r\n',
    'HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nx',
    'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n',
    'HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n',
    `HTTP/1.1 200 OK\r\nx-huge: ${'x'.repeat(20_000)}\r\n\r\n`,
  ];
  for (const answer of answers) {
    const receiver = await serveSocket(t, answering(answer));
    const result = await makeSender(t).send({ url: receiver.url, ...message });
    t.match(result, { outcome: 'failed', errorClass: 'invalid_response' }, answer.slice(0, 60));
  }
});

t.test('connections that fail are told apart', async (t) => {
  const resetting = await serveSocket(t, (socket) => {
    socket.once('data', () => socket.resetAndDestroy());
  });
  const hangingUp = await serveSocket(t, (socket) => socket.once('data', () => socket.end()));
  const cutting = await serveSocket(t, (socket) => {
    socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\npart'));
  });
  const { port } = await freePort();
  const sender = makeSender(t);
  const send = (url: string) => sender.send({ url, ...message });
  t.match(await send(resetting.url), { statusCode: null, errorClass: 'connection_reset' });
  t.match(await send(hangingUp.url), { statusCode: null, errorClass: 'connection_reset' });
  t.match(await send(cutting.url), {
    outcome: 'failed',
    statusCode: 200,
    errorClass: 'connection_reset',
    responseBody: 'part',
    responseTruncated: true,
  });
  t.match(await send(`http://127.0.0.1:${port}/`), { errorClass: 'connection_refused' });
});

t.test('a name that cannot be resolved, and one of which no address answers', async (t) => {
  for (const code of ['ENOTFOUND', 'EAI_AGAIN']) {
    const syscall = 'getaddrinfo';
    const error = Object.assign(new Error(`${syscall} ${code}`), { code, syscall });
    const guard = createAddressGuard({
      allowCidrs: [],
      resolve: (_host, callback) => setImmediate(() => callback(error, [])),
    });
    const result = await makeSender(t, { guard }).send({ url: 'http://hook.example/', ...message });
    t.match(result, { outcome: 'failed', errorClass: 'dns', error: `getaddrinfo ${code}` });
  }
  const { port } = await freePort();
  const addresses = ['127.0.0.1', '127.0.0.2'].map((address) => ({ address, family: 4 }));
  const guard = createAddressGuard({
    allowCidrs: ['127.0.0.0/8'],
    resolve: (_host, callback) => setImmediate(() => callback(null, addresses)),
  });
  const url = `http://hook.example:${port}/`;
  const result = await makeSender(t, { guard }).send({ url, ...message });
  t.match(result, { errorClass: 'connection_refused', error: /ECONNREFUSED 127/ });
});

t.test(
  'thousands of sends to a silent endpoint end with the deadline, and so does close',
  async (t) => {
    const silent = await serveSocket(t, () => {});
    const guard = createAddressGuard({ allowCidrs: ['127.0.0.0/8'] });
    const options = { guard, userAgent: 'Trellis/test', deadlineMs: 300, connectionsPerWebhook: 8 };
    const sender = createSender(options);
    const startedMs = performance.now();
    const sends = Array.from({ length: 2000 }, () => sender.send({ url: silent.url, ...message }));
    const results = await Promise.all(sends);
    await sender.close();
    t.ok(results.every((result) => result.errorClass === 'timeout'));
    t.ok(performance.now() - startedMs < 2000);
  },
);
