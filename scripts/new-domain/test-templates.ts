import type { DomainNames } from './names.ts';

/** The tests and the README of a domain. */

export const createTest = (n: DomainNames) => `import { startApi } from '@trellis/test/api';
import { workerSettingsOf } from '@trellis/test/settings';
import { signUp } from '@trellis/test/sign-up';
import t from 'tap';
import createWorker from '../worker.ts';

t.test('POST /${n.plural}', async (t) => {
  const api = await startApi(t);
  const { token, tenant } = await signUp(api);
  const create = (body: unknown, as?: string) =>
    api.request('POST', '/${n.plural}', { token: as, body });
  const list = async (as: string) => (await api.request('GET', '/${n.plural}', { token: as })).body.data;

  await t.test('201: creates it and names its place', async (t) => {
    const { status, body, headers } = await create({ name: 'First' }, token);
    t.equal(status, 201);
    t.equal(headers.get('location'), \`/api/v1/${n.plural}/\${body.id}\`);
    t.match(body, { name: 'First', processedAt: null });
    t.same(await list(token), [body]);
    t.same((await api.request('GET', \`/${n.plural}/\${body.id}\`, { token })).body, body);
  });

  await t.test('it is published as it was made', async (t) => {
    const { body } = await api.request('GET', '/events?type=${n.singular}.created', { token });
    const [made] = await list(token);
    t.equal(body.data.length, 1);
    t.same(JSON.parse(body.data[0].payload).data, made);
  });

  await t.test('400: a property that is missing or unknown is refused', async (t) => {
    const { status, body } = await create({ title: 'First' }, token);
    t.equal(status, 400);
    t.equal(body.code, 'validation_failed');
  });

  await t.test('401: nothing without a credential', async (t) => {
    t.equal((await create({ name: 'First' })).status, 401);
  });

  await t.test('another tenant sees none of them', async (t) => {
    const other = await signUp(api, 'Other');
    t.same(await list(other.token), []);
  });

  await t.test('the job processes it once, however often it runs', async (t) => {
    const [{ id }] = await list(token);
    const worker = createWorker({ ...api.app.platform, settings: workerSettingsOf(api.env) });
    const run = () =>
      worker.handlers[0]?.run({ tenantId: tenant.id, id }, { id: 'test', attempt: 1 });
    await run();
    const [{ processedAt }] = await list(token);
    t.type(processedAt, 'string');
    await run();
    t.equal((await list(token))[0].processedAt, processedAt);
  });
});
`;

/** What the test that drives every route as another tenant needs to know. */
export const crossTenant = (
  n: DomainNames,
) => `import type { CrossTenantCases } from '@trellis/test/cross-tenant';

const cases: CrossTenantCases = async (api, { token }) => {
  const body = { name: 'Private' };
  const { id } = (await api.request('POST', '/${n.plural}', { token, body })).body;
  return { 'GET /api/v1/${n.plural}/{id}': { parameters: { id } } };
};

export default cases;
`;

export const readme = (n: DomainNames) => `# ${n.words.charAt(0).toUpperCase()}${n.words.slice(1)}

What the ${n.words} of a tenant are for, in a sentence.

## Routes

| Route | Permission | What it does |
|---|---|---|
| \`POST /api/v1/${n.plural}\` | \`${n.plural}:write\` | Creates one and asks for its job. |
| \`GET /api/v1/${n.plural}/:id\` | \`${n.plural}:read\` | Shows one. |
| \`GET /api/v1/${n.plural}\` | \`${n.plural}:read\` | Lists them, the newest first. |

## Flow

A create writes the row, the audit entry, the event \`${n.singular}.created\` and the job
\`${n.plural}.process-${n.singular}\` in one transaction. The worker runs the job at least once; it sets \`processedAt\` the first time.
`;
