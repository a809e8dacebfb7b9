import { randomUUID } from 'node:crypto';
import { type Api, startApi } from '@trellis/test/api';
import { type DocumentedRoute, documentedRoutes, pathOf } from '@trellis/test/openapi';
import { platformAdmin } from '@trellis/test/platform-admin';
import { type Account, signUp } from '@trellis/test/sign-up';
import t, { type Test } from 'tap';
import { type BodySchema, hostileValues, sampleOf } from './body-samples.ts';
import { expectProblem } from './expect-problem.ts';

const json = 'application/json';
const prototypes = ['a prototype', 'a constructor'];
/** What stands for no body where none is needed. */
const absent = ['an empty body', 'null'];
/** What is refused on every route with a JSON body, whatever the route. */
const badBodies: Record<string, { text: string; type?: string; code: string }> = {
  'malformed JSON': { text: '{"name":', code: 'malformed_json' },
  'text that is no JSON': { text: 'name=Ada', code: 'malformed_json' },
  'JSON with a comment': { text: '{/* */}', code: 'malformed_json' },
  'a prototype': { text: '{"__proto__":{"isAdmin":true}}', code: 'malformed_json' },
  'a constructor': { text: '{"constructor":{"prototype":{"a":1}}}', code: 'malformed_json' },
  'an unknown property': { text: '{"unknownProperty":1}', code: 'validation_failed' },
  'an empty body': { text: '', code: 'validation_failed' },
  null: { text: 'null', code: 'validation_failed' },
  'a number': { text: '1', code: 'validation_failed' },
  'an array': { text: '[{}]', code: 'validation_failed' },
  'a deep array': { text: '['.repeat(100_000) + ']'.repeat(100_000), code: 'validation_failed' },
  '10 MB': { text: JSON.stringify('a'.repeat(10_000_000)), code: 'payload_too_large' },
  'a form': {
    text: 'name=Ada',
    type: 'application/x-www-form-urlencoded',
    code: 'unsupported_media_type',
  },
  'plain text': { text: '{}', type: 'text/plain', code: 'unsupported_media_type' },
  XML: { text: '<a/>', type: 'application/xml', code: 'unsupported_media_type' },
  'another charset': {
    text: '{}',
    type: 'application/json; charset=utf-16',
    code: 'unsupported_media_type',
  },
  'a content type that is none': { text: '{}', type: 'json', code: 'unsupported_media_type' },
};

t.test('a body that cannot be used is a clear 4xx', async (t) => {
  const api = await startApi(t);
  const admin = await platformAdmin(api);
  const routes = (await documentedRoutes(api)).filter(({ bodyTypes }) => bodyTypes.includes(json));
  t.ok(routes.length > 5, 'the document names routes with a body');

  for (const route of routes) {
    await t.test(route.key, async (t) => {
      const send = await callerOf(api, route, admin);
      const { required, content } = await requestBodyOf(api, route);
      for (const [what, { text, type = json, code }] of Object.entries(badBodies)) {
        if (!required && absent.includes(what)) continue;
        const reply = await send(text, type);
        expectProblem(t, reply, what);
        // Its `data` may have any key, so there the schema refuses these and not the parser.
        const isUnknown = route.path.endsWith('/events') && prototypes.includes(what);
        t.equal(reply.body.code, isUnknown ? 'validation_failed' : code);
      }
      await sendHostileValues(t, content[json].schema, send);
    });
  }
});

t.test('text that is not Unicode is refused, not replaced', async (t) => {
  const api = await startApi(t);
  const { token } = await signUp(api);
  const send = async (path: string, body: Uint8Array<ArrayBuffer> | string, type = json) => {
    const response = await fetch(`${api.url}/api/v1${path}`, {
      method: 'POST',
      headers: { 'content-type': type, authorization: `Bearer ${token}` },
      body,
    });
    const reply = (await response.json()) as { code: string };
    return { status: response.status, headers: response.headers, body: reply };
  };
  const bytes = (start: string, end: string) =>
    Uint8Array.from([...Buffer.from(start), 0xff, 0xfe, ...Buffer.from(end)]);
  const cases: Record<string, [start: string, end: string]> = {
    '/events': ['{"type":"order.paid","data":"', '"}'],
    '/auth/forgot-password': ['{"email":"', '@example.com"}'],
  };
  for (const [path, [start, end]] of Object.entries(cases)) {
    const reply = await send(path, bytes(start, end));
    expectProblem(t, reply, path);
    t.equal(reply.body.code, 'invalid_text');
  }
  for (const role of [{ name: 'a\ud800' }, { name: 'a', permissions: [{ 'a\udc00': 1 }] }]) {
    const reply = await send('/roles', JSON.stringify(role));
    expectProblem(t, reply, 'half a surrogate pair');
    t.equal(reply.body.code, 'invalid_text');
  }
  const whole = JSON.stringify({ type: 'order.paid', data: '😀' });
  for (const type of [`${json}; charset=utf-8`, `${json};charset="UTF-8"`]) {
    t.equal((await send('/events', whole, type)).status, 202, type);
  }
});

t.test('a body that nobody asked for must be one that could be used', async (t) => {
  const api = await startApi(t, { env: { BODY_LIMIT_BYTES: '1024' } });
  const admin = await platformAdmin(api);
  const routes = (await documentedRoutes(api)).filter(
    ({ method, bodyTypes }) => method !== 'GET' && bodyTypes.length === 0,
  );
  t.ok(routes.length > 5, 'the document names routes without a body');
  for (const route of routes) {
    const send = await callerOf(api, route, admin);
    for (const what of ['malformed JSON', 'plain text', '10 MB']) {
      const { text = '', type, code } = badBodies[what] ?? {};
      const reply = await send(text, type);
      expectProblem(t, reply, `${route.key}, ${what}`);
      t.equal(reply.body.code, code);
    }
  }
});

const ofBodies = [408, 413, 415];

t.test('every route that can refuse a body says so', async (t) => {
  const routes = await documentedRoutes(await startApi(t));
  for (const { key, method, statuses } of routes) {
    const said = statuses.filter((status) => ofBodies.includes(status));
    t.same(said.toSorted(), method === 'GET' ? [] : ofBodies, key);
    if (method !== 'GET') t.ok(statuses.includes(400), key);
  }
});

t.test('413: a body above BODY_LIMIT_BYTES, and none at it', async (t) => {
  const api = await startApi(t, { env: { BODY_LIMIT_BYTES: '1024' } });
  const login = (bytes: number) =>
    api.request('POST', '/auth/login', { body: `"${'a'.repeat(bytes - 2)}"` });
  t.equal((await login(1_024)).body.code, 'validation_failed');
  const reply = await login(1_025);
  expectProblem(t, reply, 'a byte more');
  t.equal(reply.body.code, 'payload_too_large');
});

type Send = Awaited<ReturnType<typeof callerOf>>;

/** Calls the route as the owner of a tenant of its own, or those of administrators as one. */
async function callerOf(api: Api, route: DocumentedRoute, admin: Account) {
  const { token } = route.path.includes('/admin/') ? admin : await signUp(api);
  const values = route.parameters.map((name) => [name, randomUUID()]);
  const path = pathOf(route, Object.fromEntries(values));
  return (body: string, type = json) =>
    api.request(route.method, path, { token, body, headers: { 'content-type': type } });
}

/** Each property in turn is something else than it should be, and the others are right. */
async function sendHostileValues(t: Test, schema: BodySchema, send: Send): Promise<void> {
  const sample = sampleOf(schema) as Record<string, unknown>;
  for (const name of Object.keys(schema.properties ?? {})) {
    for (const [what, value] of Object.entries(hostileValues)) {
      const others = Object.entries(sample).filter(([other]) => other !== name);
      const members = others.map(
        ([other, text]) => `${JSON.stringify(other)}:${JSON.stringify(text)}`,
      );
      const reply = await send(`{${[...members, `${JSON.stringify(name)}:${value}`].join(',')}}`);
      if (reply.status < 400) t.ok(reply.status < 300, `${name} may be ${what}`);
      else expectProblem(t, reply, `${name} is ${what}`);
    }
  }
}

interface RequestBody {
  required: boolean;
  content: { [json]: { schema: BodySchema } };
}

async function requestBodyOf(api: Api, { path, method }: DocumentedRoute): Promise<RequestBody> {
  const { body } = await api.request('GET', '//docs/json');
  return body.paths[path][method.toLowerCase()].requestBody;
}
