import { startApi } from '@trellis/test/api';
import { type DocumentedRoute, documentedRoutes } from '@trellis/test/openapi';
import t from 'tap';
import { readLines } from './evidence.ts';

/** What every route can answer for reasons that are not its own; tested once for all. */
const common = new Set([500, 503]);

/** `METHOD path status`, as the tests called it. */
function isCallOf({ method, path }: DocumentedRoute, status: number): (call: string) => boolean {
  const pattern = path.replaceAll(/[.*+?^$()|[\]\\]/g, '\\$&').replaceAll(/\{\w+\}/g, '[^/]+');
  const call = new RegExp(`^${method} ${pattern} ${status}$`);
  return (line) => call.test(line);
}

t.test('every status that the OpenAPI document names was answered in some test', async (t) => {
  const calls = [...readLines('calls')];
  t.ok(calls.length > 100, 'calls were collected');
  for (const route of await documentedRoutes(await startApi(t))) {
    const missing = route.statuses
      .filter((status) => !common.has(status))
      .filter((status) => !calls.some(isCallOf(route, status)));
    t.same(missing, [], route.key);
  }
});
