import { globSync } from 'node:fs';
import { join } from 'node:path';
import { domainsFolder } from '@trellis/domains/folder';
import { type Api, type Reply, startApi } from '@trellis/test/api';
import type { CrossTenantCase, CrossTenantCases } from '@trellis/test/cross-tenant';
import { type DocumentedRoute, documentedRoutes, pathOf } from '@trellis/test/openapi';
import { type Account, signUp } from '@trellis/test/sign-up';
import t, { type Test } from 'tap';

type Cases = Map<string, CrossTenantCase>;

t.test("no route gives one tenant anything of another's", async (t) => {
  const api = await startApi(t);
  const owner = await signUp(api, 'Owner');
  const stranger = await signUp(api, 'Stranger');
  const cases = await collectCases(api, owner);
  const routes = await documentedRoutes(api);
  const withId = routes.filter(({ parameters }) => parameters.length > 0);
  const call = (route: DocumentedRoute, { token }: Account) => {
    const { parameters, body } = caseOf(cases, route);
    return api.request(route.method, pathOf(route, parameters), { token, body });
  };

  await t.test('every documented route with an id has a case, and no case is stale', async (t) => {
    t.ok(withId.length > 0);
    t.same(withId.map(({ key }) => key).sort(), [...cases.keys()].sort());
  });

  const reads = withId.filter(({ method }) => method === 'GET');
  const readAll = () => Promise.all(reads.map(async (route) => (await call(route, owner)).body));
  const before = await readAll();
  const lists = routes.filter(isList);
  const own = await Promise.all(lists.map((route) => get(api, route, owner)));
  const marks = marksOf([...before, ...own.map(({ body }) => body)]).difference(
    marksOf(await answersElsewhere(t)),
  );
  t.ok(marks.size > 10, 'there is much that could leak');

  for (const route of withId) {
    await t.test(`404: ${route.key} with an id of another tenant`, async (t) => {
      const reply = await call(route, stranger);
      const { status = 404 } = caseOf(cases, route);
      t.equal(reply.status, status);
      t.match(reply.headers.get('content-type'), /^application\/problem\+json/);
      t.equal(reply.body.code, status === 404 ? 'not_found' : 'forbidden');
      t.same(leaksIn(reply, marks), []);
    });
  }

  for (const route of lists) {
    await t.test(`${route.key} shows no row of another tenant`, async (t) => {
      const reply = await get(api, route, stranger);
      t.ok(reply.status < 500, `answers ${reply.status}`);
      t.same(leaksIn(reply, marks), []);
    });
  }

  await t.test('what was tried has changed nothing', async (t) => {
    t.same(await readAll(), before);
  });

  await t.test('the ids are right: their owner is not told 404', async (t) => {
    const last = (route: DocumentedRoute) => (route.method === 'DELETE' ? 1 : 0);
    for (const route of withId.toSorted((a, b) => last(a) - last(b))) {
      if (caseOf(cases, route).status === 403) continue;
      const { status } = await call(route, owner);
      t.ok(status < 300, `${route.key} answers ${status}`);
    }
  });
});

/**
 * What another installation shows to a tenant of its own: texts that are the same there are no
 * mark of a tenant. A neighbour's answers would not do, as they could hold the leak themselves.
 */
async function answersElsewhere(t: Test): Promise<unknown[]> {
  const api = await startApi(t);
  const account = await signUp(api, 'Elsewhere');
  const lists = (await documentedRoutes(api)).filter(isList);
  const replies = await Promise.all(lists.map((route) => get(api, route, account)));
  return replies.map(({ body }) => body);
}

async function collectCases(api: Api, owner: Account): Promise<Cases> {
  const cases: Cases = new Map();
  for (const file of globSync('*/test/cross-tenant.ts', { cwd: domainsFolder }).sort()) {
    const module = (await import(join(domainsFolder, file))) as { default: CrossTenantCases };
    for (const [key, one] of Object.entries(await module.default(api, owner))) cases.set(key, one);
  }
  return cases;
}

function caseOf(cases: Cases, { key }: DocumentedRoute): CrossTenantCase {
  const one = cases.get(key);
  if (!one) throw new Error(`${key} has no case; add it to test/cross-tenant.ts of its domain`);
  return one;
}

function isList({ method, parameters }: DocumentedRoute): boolean {
  return method === 'GET' && parameters.length === 0;
}

function get(api: Api, route: DocumentedRoute, { token }: Account): Promise<Reply> {
  return api.request('GET', pathOf(route), { token });
}

/** Ids, addresses and names: every text in the answers that tells one tenant from the others. */
function marksOf(answers: unknown[]): Set<string> {
  const texts = new Set<string>();
  const walk = (value: unknown): void => {
    if (typeof value === 'string' && isMark(value)) texts.add(value);
    else if (typeof value === 'object' && value !== null) Object.values(value).forEach(walk);
  };
  answers.forEach(walk);
  return texts;
}

/** Short texts and times turn up by chance. */
function isMark(text: string): boolean {
  return text.length >= 8 && !/^\d{4}-\d\d-\d\dT/.test(text);
}

function leaksIn({ body }: Reply, marks: ReadonlySet<string>): string[] {
  // `instance` repeats the path of the request, and with it the id that the caller sent.
  const text = JSON.stringify({ ...body, instance: undefined });
  return [...marks].filter((mark) => text.includes(JSON.stringify(mark).slice(1, -1)));
}
