import { once } from 'node:events';
import tls from 'node:tls';
import t from 'tap';
import { createAddressGuard } from '../../delivery/guard-address.ts';
import { createSender } from '../../delivery/send.ts';
import { makeSender, message, serveHttp, serveHttps } from './receiver.ts';
import { certificate } from './self-signed.ts';

t.test('a 2xx answer is a delivery, with the exact bytes and our headers', async (t) => {
  const seen: { url?: string; method?: string; body: string; headers: unknown }[] = [];
  const receiver = await serveHttp(t, async (request, response) => {
    const { url = '', method = '' } = request;
    const body = Buffer.concat(await request.toArray()).toString();
    seen.push({ url, method, body, headers: request.headers });
    response.writeHead(201, { 'content-type': 'text/plain', 'set-cookie': 'sid=1', 'x-a': 'b' });
    response.end('thanks');
  });
  const sender = makeSender(t, { connectionsPerWebhook: 1 });
  const body = '{"name":"Zoë 🦜"}';
  const result = await sender.send({
    webhookId: message.webhookId,
    url: receiver.url,
    headers: { ...message.headers, Host: 'evil.example', Connection: 'close', 'x-own': '1' },
    body,
  });
  t.match(result, {
    outcome: 'delivered',
    statusCode: 201,
    errorClass: null,
    error: null,
    responseBody: 'thanks',
    responseTruncated: false,
    responseHeaders: { 'x-a': 'b', 'set-cookie': '[redacted]' },
    retryAfterMs: null,
  });
  t.ok(Number.isInteger(result.durationMs) && result.durationMs < 2000);
  await sender.send({ ...message, url: receiver.url, body: Buffer.from(body) });
  t.match(seen[0], {
    url: '/hook?a=1',
    method: 'POST',
    body,
    headers: {
      host: `127.0.0.1:${receiver.port}`,
      'user-agent': 'Trellis/test',
      'accept-encoding': 'identity',
      'content-length': String(Buffer.byteLength(body)),
      'x-own': '1',
    },
  });
  t.equal(seen[1]?.body, body);
  t.equal(receiver.connections(), 1, 'the connection is used again');
});

t.test('every other status is a failure of its class', async (t) => {
  const receiver = await serveHttp(t, (request, response) => {
    response.writeHead(Number(request.headers['x-status'])).end();
  });
  const sender = makeSender(t);
  const classes: [number, string][] = [
    [304, 'redirect'],
    [400, 'http_4xx'],
    [410, 'http_4xx'],
    [500, 'http_5xx'],
    [599, 'http_5xx'],
    [600, 'invalid_response'],
  ];
  for (const [statusCode, errorClass] of classes) {
    const headers = { 'x-status': String(statusCode) };
    const result = await sender.send({ ...message, url: receiver.url, headers });
    t.match(result, { outcome: 'failed', statusCode, errorClass, responseBody: null });
    t.match(result.error, String(statusCode));
  }
  const empty = await sender.send({
    ...message,
    url: receiver.url,
    headers: { 'x-status': '204' },
    body: '',
  });
  t.match(empty, { outcome: 'delivered', statusCode: 204 });
});

t.test('Retry-After counts on 429 and 503, as seconds or as a date', async (t) => {
  const receiver = await serveHttp(t, (request, response) => {
    const { 'x-status': status, 'x-after': after = '' } = request.headers;
    response.writeHead(Number(status), { 'retry-after': String(after) }).end();
  });
  const sender = makeSender(t);
  const ask = async (status: number, after: string) => {
    const headers = { 'x-status': String(status), 'x-after': after };
    return (await sender.send({ ...message, url: receiver.url, headers })).retryAfterMs;
  };
  t.equal(await ask(429, '120'), 120_000);
  t.equal(await ask(503, '999999999'), 86_400_000);
  const inAMinuteMs = await ask(503, new Date(Date.now() + 60_000).toUTCString());
  t.ok(inAMinuteMs && inAMinuteMs > 50_000 && inAMinuteMs <= 60_000);
  t.equal(await ask(429, 'soon'), null);
  t.equal(await ask(500, '120'), null);
  t.equal(await ask(200, '120'), null);
});

t.test('a redirect is never followed', async (t) => {
  const receiver = await serveHttp(t, (request, response) => {
    const location = request.headers['x-location'];
    response.writeHead(Number(request.headers['x-status']), { location: String(location) }).end();
  });
  const inner = await serveHttp(t, (_request, response) => response.end());
  const sender = makeSender(t);
  for (const status of ['301', '302', '303', '307', '308']) {
    for (const location of ['http://169.254.169.254/latest/meta-data', inner.url]) {
      const headers = { 'x-status': status, 'x-location': location };
      const result = await sender.send({ ...message, url: receiver.url, headers });
      t.match(result, { outcome: 'failed', statusCode: Number(status), errorClass: 'redirect' });
      t.match(result.error, location);
    }
  }
  t.equal(inner.connections(), 0);
});

t.test('a certificate that is not trusted fails as tls before anything is sent', async (t) => {
  let requests = 0;
  const receiver = await serveHttps(t, (_request, response) => {
    requests += 1;
    response.end('ok');
  });
  const plain = await serveHttp(t, (_request, response) => response.end('ok'));
  const distrusting = makeSender(t);
  const refused = await distrusting.send({ url: receiver.url, ...message });
  t.match(refused, { outcome: 'failed', statusCode: null, errorClass: 'tls' });
  const url = plain.url.replace('http:', 'https:');
  t.match(await distrusting.send({ url, ...message }), { errorClass: 'tls' }, 'no TLS at all');
  t.equal(requests, 0);

  const authorities = tls.getCACertificates('default');
  tls.setDefaultCACertificates([...authorities, certificate]);
  t.teardown(() => tls.setDefaultCACertificates(authorities));
  const resolve = makeResolve('127.0.0.1');
  const guard = createAddressGuard({ allowCidrs: ['127.0.0.0/8'], resolve });
  const trusting = makeSender(t, { guard });
  t.match(await trusting.send({ url: receiver.url, ...message }), { outcome: 'delivered' });
  const named = `https://localhost:${receiver.port}/`;
  t.match(await trusting.send({ url: named, ...message }), { outcome: 'delivered' });
  const wrongName = `https://hook.example:${receiver.port}/`;
  t.match(await trusting.send({ url: wrongName, ...message }), { errorClass: 'tls' });
});

function makeResolve(address: string) {
  return (
    _host: string,
    callback: (error: null, all: { address: string; family: number }[]) => void,
  ) => setImmediate(() => callback(null, [{ address, family: 4 }]));
}

t.test('what cannot be sent is a failed attempt, not a rejection', async (t) => {
  const receiver = await serveHttp(t, (_request, response) => response.end());
  const sender = makeSender(t);
  const refused = await sender.send({ url: 'ftp://hook.example/', ...message });
  t.match(refused, { outcome: 'failed', statusCode: null, errorClass: 'invalid_request' });
  const headers = { 'x-bad': 'a\r\nx-injected: 1' };
  const injected = await sender.send({ ...message, url: receiver.url, headers });
  t.match(injected, { outcome: 'failed', errorClass: 'invalid_request' });
  t.equal(receiver.connections(), 0);
});

t.test('a signal gives the attempt up with its own reason', async (t) => {
  const receiver = await serveHttp(t, () => {});
  const sender = makeSender(t);
  const reason = new Error('the worker stops');
  const controller = new AbortController();
  const sent = sender.send({ url: receiver.url, ...message, signal: controller.signal });
  setTimeout(() => controller.abort(reason), 50);
  await t.rejects(sent, reason);
  await t.rejects(
    sender.send({ url: receiver.url, ...message, signal: controller.signal }),
    reason,
  );
  const unused = new AbortController().signal;
  const other = await serveHttp(t, (_request, response) => response.end('ok'));
  t.match(await sender.send({ url: other.url, ...message, signal: unused }), { statusCode: 200 });
});

t.test('close lets what is in flight end, and refuses what comes after', async (t) => {
  const receiver = await serveHttp(t, (_request, response) => {
    setTimeout(() => response.end('late'), 100);
  });
  const guard = createAddressGuard({ allowCidrs: ['127.0.0.0/8'] });
  const sender = createSender({ guard, userAgent: 'Trellis/test' });
  const sent = sender.send({ url: receiver.url, ...message });
  const closed = sender.close();
  t.match(await sent, { outcome: 'delivered', responseBody: 'late' });
  await closed;
  await sender.close();
  await t.rejects(sender.send({ url: receiver.url, ...message }), /closed/);
});

t.test('idle sockets are not kept above the limit', async (t) => {
  const closings: Promise<unknown>[] = [];
  const serve = () =>
    serveHttp(t, (request, response) => {
      closings.push(once(request.socket, 'close'));
      response.end(request.headers.connection);
    });
  const [first, second, third] = await Promise.all([serve(), serve(), serve()]);
  const sender = makeSender(t, { keptSocketsMax: 1 });
  t.match(await sender.send({ url: first.url, ...message }), { responseBody: 'keep-alive' });
  t.match(await sender.send({ url: second.url, ...message }), { responseBody: 'keep-alive' });
  t.match(await sender.send({ url: third.url, ...message }), { responseBody: 'close' });
  await closings[2];
  await new Promise((resolve) => setTimeout(resolve, 50));
  t.match(await sender.send({ url: first.url, ...message }), { responseBody: 'close' });
  await closings[0];
  await new Promise((resolve) => setTimeout(resolve, 50));
  t.match(await sender.send({ url: third.url, ...message }), { responseBody: 'keep-alive' });
});
