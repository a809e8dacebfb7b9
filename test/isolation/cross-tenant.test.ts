import { globSync } from 'node:fs';
import { join } from 'node:path';
import { domainsFolder } from '@trellis/domains/folder';
import { type Api, type Reply, startApi } from '@trellis/test/api';
import type { CrossTenantCase, CrossTenantCases } from '@trellis/test/cross-tenant';
import { type DocumentedRoute, documentedRoutes, pathOf } from '@trellis/test/openapi';
import { type Account, signUp } from '@trellis/test/sign-up';
import postgres from 'postgres';
import t, { type Test } from 'tap';
import { leaksIn, marksAmong, textsOf } from './marks.ts';

type Cases = Map<string, CrossTenantCase>;

/** A tenant that has all that the cases make, and what it is shown of them. */
interface Tenant {
  api: Api;
  account: Account;
  cases: Cases;
  routes: DocumentedRoute[];
}

t.test("no route gives one tenant anything of another's", async (t) => {
  const api = await startApi(t);
  // Before there is any tenant: the keys of tokens, and all else that is anybody's to know.
  const nobodys = textsOf(await readLists(api, await documentedRoutes(api)));
  const owner = await prepare(api, 'Owner');
  const { cases, routes } = owner;
  const stranger = await signUp(api, 'Stranger');
  const withId = routes.filter(({ parameters }) => parameters.length > 0);

  await t.test('every documented route with an id has a case, and no case is stale', async (t) => {
    t.ok(withId.length > 0);
    t.same(withId.map(({ key }) => key).sort(), [...cases.keys()].sort());
  });

  const before = await readOwn(owner);
  const shown = textsOf([...before, ...(await readLists(api, routes, owner.account))]);
  const marks = marksAmong(shown.difference(nobodys).difference(await textsElsewhere(t)));

  await t.test('what would be found is what is the tenant’s own', async (t) => {
    for (const [key, { parameters }] of cases) {
      for (const id of Object.values(parameters)) t.ok(marks.has(id), `the id of ${key}`);
    }
    const named = [...marks].filter((mark) => mark.includes(owner.account.tenant.id));
    t.ok(named.length > 5, 'and the texts that the cases made');
    t.notOk(marks.has('invitation'), 'words that every tenant is shown are no marks');
  });

  for (const route of withId) {
    await t.test(`404: ${route.key} with an id of another tenant`, async (t) => {
      const reply = await call(owner, route, stranger);
      const { status = 404 } = caseOf(cases, route);
      t.equal(reply.status, status);
      t.match(reply.headers.get('content-type'), /^application\/problem\+json/);
      t.equal(reply.body.code, status === 404 ? 'not_found' : 'forbidden');
      t.same(leaksIn(reply, marks), []);
    });
  }

  for (const route of routes.filter(isList)) {
    await t.test(`${route.key} shows nothing of another tenant`, async (t) => {
      for (const account of [stranger, undefined]) {
        const reply = await get(api, route, account);
        t.ok(reply.status < 500, `answers ${reply.status}`);
        t.same(leaksIn(reply, marks), []);
      }
    });
  }

  await t.test('what was tried has changed nothing', async (t) => {
    const bodiesOf = (replies: Reply[]) => replies.map(({ body }) => body);
    t.same(bodiesOf(await readOwn(owner)), bodiesOf(before));
  });

  await t.test('a leak would be found, wherever it is', (t) => findsLeaks(t, owner, marks));

  await t.test('the ids are right: their owner is not told 404', async (t) => {
    const last = (route: DocumentedRoute) => (route.method === 'DELETE' ? 1 : 0);
    for (const route of withId.toSorted((a, b) => last(a) - last(b))) {
      if (caseOf(cases, route).status === 403) continue;
      const { status } = await call(owner, route, owner.account);
      t.ok(status < 300, `${route.key} answers ${status}`);
    }
  });
});

/** Makes a real hole, a policy that shows every tenant all API keys, and looks through it. */
async function findsLeaks(t: Test, owner: Tenant, marks: ReadonlySet<string>): Promise<void> {
  const { api, cases, routes } = owner;
  const neighbour = await signUp(api, 'Neighbour');
  const keys = routes.filter(({ key }) => /^GET .*\/api-keys(\/\{id\})?$/.test(key));
  t.equal(keys.length, 2);
  const look = () =>
    Promise.all(
      keys.map((route) =>
        isList(route) ? get(api, route, neighbour) : call(owner, route, neighbour),
      ),
    );
  const isClean = (reply: Reply) => leaksIn(reply, marks).length === 0;
  const sound = await look();
  t.ok(sound.every(isClean));

  const database = postgres(api.database.ownerUrl, { max: 1 });
  await database`create policy hole on api_keys for select to trellis_app using (true)`;
  const leaking = await look();
  await database`drop policy hole on api_keys`;
  await database.end();
  t.notOk(leaking.some(isClean), 'by the list, and by its id');
  const { id = '' } = caseOf(cases, { key: 'GET /api/v1/api-keys/{id}' }).parameters;
  t.ok(leaking.every((reply) => leaksIn(reply, marks).includes(id)));

  const [reply = leaking[0]] = sound;
  for (const mark of marks) {
    const places: Partial<Reply>[] = [
      { body: { code: 'not_found', detail: `There is no ${mark}.` } },
      { body: { data: [{ [mark]: null }] } },
      { body: `text with ${mark}` },
      { headers: new Headers({ location: `/api/v1/things/${encodeURIComponent(mark)}` }) },
    ];
    for (const place of places) t.notOk(isClean({ ...reply, ...place } as Reply));
  }
}

/** What any tenant is shown that has the same: a word that is the same there marks no tenant. */
async function textsElsewhere(t: Test): Promise<Set<string>> {
  const elsewhere = await prepare(await startApi(t), 'Elsewhere');
  const { api, account, routes } = elsewhere;
  return textsOf([...(await readOwn(elsewhere)), ...(await readLists(api, routes, account))]);
}

async function prepare(api: Api, name: string): Promise<Tenant> {
  const account = await signUp(api, name);
  const cases = await collectCases(api, account);
  return { api, account, cases, routes: await documentedRoutes(api) };
}

async function collectCases(api: Api, owner: Account): Promise<Cases> {
  const cases: Cases = new Map();
  for (const file of globSync('*/test/cross-tenant.ts', { cwd: domainsFolder }).sort()) {
    const module = (await import(join(domainsFolder, file))) as { default: CrossTenantCases };
    for (const [key, one] of Object.entries(await module.default(api, owner))) cases.set(key, one);
  }
  return cases;
}

function caseOf(cases: Cases, { key }: Pick<DocumentedRoute, 'key'>): CrossTenantCase {
  const one = cases.get(key);
  if (!one) throw new Error(`${key} has no case; add it to test/cross-tenant.ts of its domain`);
  return one;
}

function isList({ method, parameters }: DocumentedRoute): boolean {
  return method === 'GET' && parameters.length === 0;
}

/** Calls a route with what the tenant has, as whoever it is. */
function call({ api, cases }: Tenant, route: DocumentedRoute, { token }: Account): Promise<Reply> {
  const { parameters, body } = caseOf(cases, route);
  return api.request(route.method, pathOf(route, parameters), { token, body });
}

function get(api: Api, route: DocumentedRoute, account: Account | undefined): Promise<Reply> {
  return api.request('GET', pathOf(route), { token: account?.token });
}

/** What everybody is told who asks for no thing of their own. */
function readLists(api: Api, routes: DocumentedRoute[], account?: Account): Promise<Reply[]> {
  return Promise.all(routes.filter(isList).map((route) => get(api, route, account)));
}

/** Each thing of the tenant, as the tenant is shown it; administrators alone are shown some. */
function readOwn(tenant: Tenant): Promise<Reply[]> {
  const isOwn = (route: DocumentedRoute) => caseOf(tenant.cases, route).status !== 403;
  const reads = tenant.routes.filter((route) => route.method === 'GET' && !isList(route));
  return Promise.all(reads.filter(isOwn).map((route) => call(tenant, route, tenant.account)));
}
