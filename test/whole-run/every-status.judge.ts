import { startApi } from '@trellis/test/api';
import { type DocumentedRoute, documentedRoutes } from '@trellis/test/openapi';
import t from 'tap';
import { readLines } from './evidence.ts';

/** What every route can answer for reasons that are not its own; tested once for all. */
const common = new Set([408, 500, 503]);

const patternOf = ({ method, path }: DocumentedRoute): RegExp => {
  const pattern = path.replaceAll(/[.*+?^$()|[\]\\]/g, '\\$&').replaceAll(/\{\w+\}/g, '[^/]+');
  return new RegExp(`^${method} ${pattern} \\d+$`);
};

/** What has fewer parameters, and those later, is more specific, as to the router. */
const specificityOf = ({ path }: DocumentedRoute): string =>
  path.replaceAll(/\{\w+\}/g, '\u{10ffff}');

/** The statuses that each route answered, of calls `METHOD path status`, by its key. */
function statusesByRoute(
  routes: readonly DocumentedRoute[],
  calls: Iterable<string>,
): Map<string, Set<number>> {
  const ordered = routes.toSorted((a, b) => (specificityOf(a) < specificityOf(b) ? -1 : 1));
  const known = ordered.map((route) => ({ route, pattern: patternOf(route) }));
  const answered = new Map(routes.map(({ key }) => [key, new Set<number>()]));
  for (const call of calls) {
    const owner = known.find(({ pattern }) => pattern.test(call));
    if (owner) answered.get(owner.route.key)?.add(Number(call.slice(call.lastIndexOf(' '))));
  }
  return answered;
}

t.test('a call belongs to the most specific route that it fits', (t) => {
  const routeOf = (path: string) => ({
    ...{ method: 'GET', path, key: `GET ${path}`, statuses: [] },
    ...{ parameters: [], queryParameters: [], bodyTypes: [], sharedStatuses: [] },
  });
  const routes = ['/logs/{id}', '/logs/verify', '/logs/{id}/parts', '/{kind}/verify'].map(routeOf);
  const answered = statusesByRoute(routes, [
    'GET /logs/verify 429',
    'GET /logs/7 404',
    'GET /logs/7/parts 200',
    'GET /files/verify 403',
    'POST /logs/7 400',
  ]);
  t.same(Object.fromEntries([...answered].map(([key, statuses]) => [key, [...statuses]])), {
    'GET /logs/{id}': [404],
    'GET /logs/verify': [429],
    'GET /logs/{id}/parts': [200],
    'GET /{kind}/verify': [403],
  });
  t.end();
});

t.test('every status that the OpenAPI document names was answered in some test', async (t) => {
  const calls = [...readLines('calls')];
  t.ok(calls.length > 100, 'calls were collected');
  const routes = await documentedRoutes(await startApi(t));
  const answered = statusesByRoute(routes, calls);
  for (const { key, statuses, sharedStatuses } of routes) {
    const missing = statuses
      .filter((status) => !common.has(status) && !sharedStatuses.includes(status))
      .filter((status) => !answered.get(key)?.has(status));
    t.same(missing, [], key);
  }
});
