import { startApi } from '@trellis/test/api';
import { signUp } from '@trellis/test/sign-up';
import t from 'tap';

interface Schema {
  required?: string[];
  properties?: Record<string, { default?: unknown }>;
}

interface Operation {
  requestBody?: { required: boolean; content: Record<string, { schema: Schema }> };
  responses: Record<string, Response & { $ref?: string }>;
}

interface Response {
  headers?: Record<string, object>;
}

t.test(
  'the document says what a caller need not send, and what every answer carries',
  async (t) => {
    const api = await startApi(t);
    const { token } = await signUp(api);
    const { body: document } = await api.request('GET', '//docs/json');
    const paths = document.paths as Record<string, Record<string, Operation>>;
    const operations = Object.entries(paths).flatMap(([path, verbs]) =>
      Object.entries(verbs).map(([verb, operation]) => ({ key: `${verb} ${path}`, operation })),
    );
    const of = (key: string): Operation => {
      const found = operations.find((one) => one.key === key);
      if (!found) throw new Error(`${key} is not documented`);
      return found.operation;
    };
    const limits = ['RateLimit', 'RateLimit-Policy'];
    const headersOf = (key: string, status: number) =>
      Object.keys(of(key).responses[status]?.headers ?? {}).filter(
        (name) => !limits.includes(name),
      );

    await t.test('no property of a body is required that has a default', async (t) => {
      let defaults = 0;
      for (const { key, operation } of operations) {
        for (const { schema } of Object.values(operation.requestBody?.content ?? {})) {
          for (const [name, property] of Object.entries(schema.properties ?? {})) {
            if (property.default === undefined) continue;
            defaults++;
            t.notOk(schema.required?.includes(name), `${key}: ${name}`);
          }
        }
      }
      t.ok(defaults > 0);
    });

    await t.test('a body that the server does without is not required', async (t) => {
      const path = '/api/v1/webhooks/{id}/secret/rotate';
      t.equal(of(`post ${path}`).requestBody?.required, false);
      t.equal(of('post /api/v1/webhooks').requestBody?.required, true);
      const body = { url: 'http://127.0.0.1:9/hook', events: ['*'] };
      const { id } = (await api.request('POST', '/webhooks', { token, body })).body;
      const reply = await api.request('POST', `/webhooks/${id}/secret/rotate`, { token });
      t.equal(reply.status, 200, 'and that is so');
    });

    await t.test('headers that a success has are documented, and sent', async (t) => {
      const names = ['Location', 'ETag', 'Idempotency-Replayed'];
      t.same(headersOf('post /api/v1/event-types', 201).toSorted(), names.toSorted());
      t.same(headersOf('get /api/v1/event-types/{name}', 200), ['ETag']);
      t.same(headersOf('post /api/v1/webhooks/{id}/recover', 202).includes('Location'), true);
      t.same(headersOf('get /api/v1/event-types', 200), []);
      const request = {
        token,
        body: { name: 'order.paid' },
        headers: { 'idempotency-key': 'declare' },
      };
      await api.request('POST', '/event-types', request);
      const { status, headers } = await api.request('POST', '/event-types', request);
      t.equal(status, 201);
      for (const name of names) t.ok(headers.has(name), name);
    });

    await t.test('what is made is named, and who must wait is told how long', async (t) => {
      for (const { key, operation } of operations) {
        for (const [status, response] of Object.entries(operation.responses)) {
          const shared = response.$ref?.replace('#/components/responses/', '') ?? '';
          const { headers = {} }: Response = document.components.responses[shared] ?? response;
          if (status === '201') t.ok('Location' in headers, `${key}: ${status}`);
          if (status === '429' || status === '503')
            t.ok('Retry-After' in headers, `${key}: ${status}`);
        }
      }
    });

    await t.test('what is limited says so, and its answers what is left', async (t) => {
      const unlimited = operations.filter(({ operation }) => !(429 in operation.responses));
      t.same(unlimited.map(({ key }) => key).toSorted(), [
        'get /.well-known/jwks.json',
        'get /health/live',
        'get /health/ready',
      ]);
      t.same(Object.keys(of('get /api/v1/users').responses[200]?.headers ?? {}), limits);
      const { headers } = document.components.responses.RateLimited;
      const names = ['X-RateLimit-Limit', 'X-RateLimit-Remaining', 'X-RateLimit-Reset'];
      t.same(Object.keys(headers), [...limits, ...names, 'Retry-After']);
      t.same(Object.keys(document.components.headers), [...limits, ...names, 'Retry-After']);
    });
  },
);
