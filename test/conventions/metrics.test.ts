import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { startApi } from '@trellis/test/api';
import { startWorker } from '@trellis/test/worker';
import t from 'tap';

const documented = await readFile(join(import.meta.dirname, '../../docs/metrics.md'), 'utf8');

/** Each metric of ours in a table of the docs, with its type and its labels. */
function describedIn(text: string): Map<string, string> {
  const rows = [...text.matchAll(/^\| *`(trellis_\w+)` *\| *(\w+) *\|([^|]*)\| *([^|]*?) *\|/gm)];
  return new Map(rows.map(([, name = '', type, , where]) => [name, `${type} of ${where}`]));
}

/** The same of what the processes answer. */
async function exposedBy(urls: Record<string, string>): Promise<Map<string, string>> {
  const types = new Map<string, string>();
  const places = new Map<string, string[]>();
  for (const [place, url] of Object.entries(urls)) {
    const text = await (await fetch(`${url}/metrics`)).text();
    for (const [, name = '', type = ''] of text.matchAll(/^# TYPE (trellis_\w+) (\w+)$/gm)) {
      types.set(name, type);
      places.set(name, [...(places.get(name) ?? []), place]);
    }
  }
  return new Map(
    [...types].map(([name, type]) => [name, `${type} of ${places.get(name)?.join(', ')}`]),
  );
}

t.test('docs/metrics.md lists each metric that API and worker expose, and no other', async (t) => {
  const api = await startApi(t);
  const worker = await startWorker(t, api);
  const exposed = await exposedBy({ API: api.url, worker: `http://127.0.0.1:${worker.port}` });
  t.ok(exposed.has('trellis_http_request_duration_seconds'), 'those of the API are read');
  t.ok(exposed.has('trellis_webhook_attempts_total'), 'those of the worker are read');
  const byName = (map: Map<string, string>) => Object.fromEntries([...map].sort());
  t.same(byName(describedIn(documented)), byName(exposed));
});
