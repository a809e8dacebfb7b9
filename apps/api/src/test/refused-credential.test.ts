import { startApi } from '@trellis/test/api';
import { type DocumentedRoute, documentedRoutes, pathOf } from '@trellis/test/openapi';
import { signUp } from '@trellis/test/sign-up';
import t from 'tap';

const someId = '0199f2a4-7c1e-7b52-9c1d-4d5c8a1e9b10';

t.test('every route that takes a credential can refuse it, and its document says so', async (t) => {
  const api = await startApi(t);
  const { tenant, token } = await signUp(api);
  const { body: document } = await api.request('GET', '//docs/json');
  const takesCredential = ({ path, method }: DocumentedRoute) =>
    document.paths[path][method.toLowerCase()].security.length > 0;
  const routes = (await documentedRoutes(api)).filter(takesCredential);
  t.ok(routes.length > 30);
  const call = (route: DocumentedRoute, credential: string) => {
    const parameters = Object.fromEntries(route.parameters.map((name) => [name, someId]));
    return api.request(route.method, pathOf(route, parameters), { token: credential });
  };

  await t.test('401: one that is not valid', async (t) => {
    for (const route of routes) {
      const { status, body } = await call(route, 'nonsense');
      t.match({ status, code: body?.code }, { status: 401, code: 'unauthenticated' }, route.key);
      t.ok(route.statuses.includes(401), `${route.key} documents it`);
    }
  });

  await t.test('403: one of a tenant that is suspended', async (t) => {
    await api.app.platform.db.querySystem(
      (sql) => sql`update tenants set status = 'suspended' where id = ${tenant.id}`,
    );
    for (const route of routes) {
      const { status, body } = await call(route, token);
      t.match({ status, code: body?.code }, { status: 403, code: 'tenant_suspended' }, route.key);
      t.ok(route.statuses.includes(403), `${route.key} documents it`);
    }
  });
});
