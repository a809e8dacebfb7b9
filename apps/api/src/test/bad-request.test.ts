import { randomUUID } from 'node:crypto';
import { startApi } from '@trellis/test/api';
import { documentedRoutes, pathOf } from '@trellis/test/openapi';
import { platformAdmin } from '@trellis/test/platform-admin';
import { signUp } from '@trellis/test/sign-up';
import t from 'tap';
import { expectProblem } from './expect-problem.ts';

/** Some things have a name instead of an id. */
const names = ['name', 'planType'];
/** What is no name either. */
const badNames = ['%00', '%F0%9F%98%80', '..%2F..%2Fetc', 'a'.repeat(400)];
const badIds = ['1', 'me', `${randomUUID()}0`, ...badNames];
const undecodable = ['%', '%zz', '%c3%28', '%ff'];
const badCursors = ['x', '%00', 'Zm9v', Buffer.from(`${randomUUID()}'`).toString('base64url')];
const badLimits = ['0', '-1', '101', '1.5', 'ten', '', '1e9', '%00', '1&limit=2'];

t.test('a path or a query that cannot be used is a clear 4xx', async (t) => {
  const api = await startApi(t);
  // Who may call every route.
  const { token } = await platformAdmin(api);
  const routes = await documentedRoutes(api);
  const call = (method: string, path: string, body?: unknown) =>
    api.request(method, path, { token, body });

  for (const { method, path, key, parameters, bodyTypes } of routes) {
    for (const name of parameters) {
      await t.test(`${key}: {${name}}`, async (t) => {
        const body = bodyTypes.includes('application/json') ? {} : undefined;
        const others = Object.fromEntries(parameters.map((other) => [other, randomUUID()]));
        for (const id of names.includes(name) ? badNames : badIds) {
          const reply = await call(method, pathOf({ path }, { ...others, [name]: id }), body);
          expectProblem(t, reply, id.slice(0, 40));
          t.equal(reply.body.code, 'validation_failed');
        }
        for (const id of undecodable) {
          const reply = await call(method, pathOf({ path }, { ...others, [name]: id }), body);
          expectProblem(t, reply, id);
          t.equal(reply.body.code, 'bad_request');
        }
        const long = await call(method, pathOf({ path }, { ...others, [name]: 'a'.repeat(600) }));
        expectProblem(t, long, 'a parameter of 600 characters');
      });
    }
  }

  const lists = routes.filter(
    ({ parameters, queryParameters }) =>
      queryParameters.includes('cursor') && parameters.length === 0,
  );
  t.ok(lists.length > 0, 'the document names lists');
  for (const { path, key, queryParameters } of lists) {
    await t.test(`${key}: the query`, async (t) => {
      for (const cursor of badCursors) {
        const reply = await call('GET', `/${path}?cursor=${cursor}`);
        expectProblem(t, reply, `cursor=${cursor}`);
        t.equal(reply.body.code, 'invalid_cursor');
      }
      const long = await call('GET', `/${path}?cursor=${'a'.repeat(300)}`);
      expectProblem(t, long, 'a long cursor');
      for (const limit of badLimits) {
        const reply = await call('GET', `/${path}?limit=${limit}`);
        expectProblem(t, reply, `limit=${limit}`);
      }
      const unknown = await call('GET', `/${path}?unknownParameter=1`);
      expectProblem(t, unknown, 'an unknown parameter');
      for (const name of queryParameters) {
        for (const value of ['%00', '%ff', `'; drop table users; --`, 'a'.repeat(4_000)]) {
          const reply = await call('GET', `/${path}?${name}=${value}`);
          if (reply.status !== 200) expectProblem(t, reply, `${name}=${value.slice(0, 40)}`);
        }
      }
    });
  }

  await t.test('404: there is no such route or method', async (t) => {
    for (const [method, path] of [
      ['GET', '//nothing'],
      ['GET', '/nothing'],
      ['PUT', '/tenant'],
      ['DELETE', '/webhooks'],
      ['OPTIONS', '/webhooks'],
    ] as const) {
      const reply = await call(method, path);
      expectProblem(t, reply, `${method} ${path}`);
      t.equal(reply.body.code, 'not_found');
    }
  });
});

t.test('401: a credential that is none', async (t) => {
  const api = await startApi(t);
  const { token } = await signUp(api);
  const [head, claims, signature] = token.split('.');
  const none = Buffer.from('{"alg":"none","typ":"JWT"}').toString('base64url');
  const credentials: Record<string, string> = {
    'another scheme': `Basic ${token}`,
    'no token': 'Bearer ',
    'no JWT': 'Bearer abc',
    'no signature': `Bearer ${head}.${claims}.`,
    'the algorithm none': `Bearer ${none}.${claims}.`,
    'another signature': `Bearer ${head}.${claims}.${signature?.split('').reverse().join('')}`,
    'a long text': `Bearer ${'a'.repeat(8_000)}`,
  };
  for (const [what, authorization] of Object.entries(credentials)) {
    const reply = await api.request('GET', '/webhooks', { headers: { authorization } });
    expectProblem(t, reply, what);
    t.equal(reply.body.code, 'unauthenticated');
  }
});
