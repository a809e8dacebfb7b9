import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import type { Reply } from '@trellis/test/api';
import { type Api, startApi } from '@trellis/test/api';
import { eventually } from '@trellis/test/eventually';
import { type RawReply, sendRaw } from '@trellis/test/raw-request';
import type { TestEnv } from '@trellis/test/settings';
import t, { type Test } from 'tap';
import { answerBrokenRequest, watchExchanges } from '../broken-request.ts';
import { expectProblem } from './expect-problem.ts';

const login = 'POST /api/v1/auth/login HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n';
const get = 'GET /health/live HTTP/1.1\r\n';

/** Bytes that a client library would not send. */
const broken: Record<string, { bytes: string; status: number; code: string }> = {
  'no HTTP at all': { bytes: '\x00\x01\x02\r\n\r\n', status: 400, code: 'bad_request' },
  'a TLS greeting': { bytes: '\x16\x03\x01\x02\x00\x01\x00', status: 400, code: 'bad_request' },
  'HTTP/2 without asking': {
    bytes: 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
    status: 400,
    code: 'bad_request',
  },
  'no host': { bytes: `${get}\r\n`, status: 400, code: 'bad_request' },
  'a length that is no number': {
    bytes: `${login}Content-Length: abc\r\n\r\n{}`,
    status: 400,
    code: 'bad_request',
  },
  'two lengths': {
    bytes: `${login}Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}`,
    status: 400,
    code: 'bad_request',
  },
  'a length beside chunks': {
    bytes: `${login}Transfer-Encoding: chunked\r\nContent-Length: 2\r\n\r\n0\r\n\r\n`,
    status: 400,
    code: 'bad_request',
  },
  'a chunk that is none': {
    bytes: `${login}Transfer-Encoding: chunked\r\n\r\nzz\r\n\r\n`,
    status: 400,
    code: 'bad_request',
  },
  'a header of 20 kB': {
    bytes: `${get}Host: a\r\nX-Long: ${'a'.repeat(20_000)}\r\n\r\n`,
    status: 431,
    code: 'headers_too_large',
  },
  '3,000 headers': {
    bytes: `${get}Host: a\r\n${'X-Many: a\r\n'.repeat(3_000)}\r\n`,
    status: 431,
    code: 'headers_too_large',
  },
  'a line break in a header': {
    bytes: `${get}Host: a\r\nX-Bad: a\rb\r\n\r\n`,
    status: 400,
    code: 'bad_request',
  },
  'an expectation that nobody knows': {
    bytes: `${login}Expect: miracles\r\nContent-Length: 2\r\n\r\n{}`,
    status: 400,
    code: 'validation_failed',
  },
  'an address that cannot be decoded': {
    bytes: 'GET /api/v1/users/%zz HTTP/1.1\r\nHost: a\r\n\r\n',
    status: 400,
    code: 'bad_request',
  },
};

t.test('what is no proper request is answered all the same', async (t) => {
  const api = await startApi(t);
  for (const [what, { bytes, status, code }] of Object.entries(broken)) {
    const reply = asReply(await sendRaw(api.url, { parts: [bytes] }));
    expectProblem(t, reply, what);
    t.match({ status: reply.status, code: reply.body.code }, { status, code });
  }
  t.equal((await api.request('GET', '//health/live')).status, 200, 'the API goes on');
});

t.test('408: a request that does not arrive in time', async (t) => {
  const slow: Record<string, { bytes: string; env: TestEnv }> = {
    'its headers': { bytes: `${get}Host: a\r\n`, env: { HEADERS_TIMEOUT_MS: '300' } },
    'its body': {
      bytes: `${login}Content-Length: 20\r\n\r\n{`,
      env: { REQUEST_TIMEOUT_MS: '600' },
    },
  };
  for (const [what, { bytes, env }] of Object.entries(slow)) {
    const api = await startApi(t, { env });
    const reply = asReply(await sendRaw(api.url, { parts: [bytes], timeoutMs: 5_000 }));
    expectProblem(t, reply, what);
    t.equal(reply.body.code, 'request_timeout');
  }
});

t.test('headers may have longer than Node would give them', async (t) => {
  const long = { HEADERS_TIMEOUT_MS: '400000', REQUEST_TIMEOUT_MS: '500000' };
  const { app } = await startApi(t, { env: long });
  t.match(app.server, { headersTimeout: 400_000, requestTimeout: 0 });
  const beyond = { HEADERS_TIMEOUT_MS: '400000', REQUEST_TIMEOUT_MS: '500' };
  const { app: bounded } = await startApi(t, { env: beyond });
  t.match(bounded.server, { headersTimeout: 500 }, 'but not than the whole');
});

t.test('a client that never closes its side loses its connection', async (t) => {
  const api = await startApi(t, { env: { HEADERS_TIMEOUT_MS: '300' } });
  const said = await Promise.all(
    ['GARBAGE\r\n\r\n', `${get}Host: a\r\n`].map(async (bytes) => {
      const client = open(t, api, bytes);
      await eventually(() => client.isEnded(), { timeoutMs: 30_000 });
      return client.said().split(' ', 2)[1];
    }),
  );
  t.same(said, ['400', '408'], 'after the answer');
  await eventually(async () => (await connectionsOf(api)) === 0, { timeoutMs: 30_000 });
});

t.test('broken HTTP behind a request that nobody has answered is no answer to it', async (t) => {
  const api = await startApi(t);
  const client = open(t, api, `${get}Host: a\r\n\r\nGARBAGE\r\n\r\n`);
  await eventually(() => client.isEnded());
  t.notMatch(client.said(), 'HTTP/1.1 400');
});

t.test('broken HTTP behind a request never gets into its answer', async (t) => {
  const part = 'a part of the answer';
  const server = createServer((_request, response) => {
    response.writeHead(200, { 'content-length': 1_000 });
    response.write(part);
  });
  watchExchanges(server);
  server.on('clientError', answerBrokenRequest);
  t.teardown(() => server.close());
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const client = open(t, { url }, `${get}Host: a\r\n\r\n`);
  await eventually(() => client.said().endsWith(part));
  client.socket.write('GARBAGE\r\n\r\n');
  await eventually(() => client.isEnded());
  t.ok(client.said().endsWith(part), 'the connection ends within it');
});

/** A connection that stays open on this side whatever the server does. */
function open(t: Pick<Test, 'teardown'>, { url }: Pick<Api, 'url'>, bytes: string) {
  const { hostname, port } = new URL(url);
  let said = '';
  let isEnded = false;
  const socket: Socket = connect({ port: Number(port), host: hostname, allowHalfOpen: true });
  t.teardown(() => socket.destroy());
  socket.on('error', () => {});
  socket.on('data', (chunk) => {
    said += String(chunk);
  });
  for (const event of ['end', 'close']) {
    socket.on(event, () => {
      isEnded = true;
    });
  }
  socket.write(bytes);
  return { socket, said: () => said, isEnded: () => isEnded };
}

function connectionsOf({ app }: Pick<Api, 'app'>): Promise<number> {
  return new Promise((resolve, reject) => {
    app.server.getConnections((error, count) => (error ? reject(error) : resolve(count)));
  });
}

function asReply(raw: RawReply | undefined): Reply {
  if (!raw) throw new Error('the connection was closed without an answer');
  return {
    status: raw.status,
    headers: new Headers(raw.headers),
    body: JSON.parse(raw.body),
  };
}
