import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import t from 'tap';
import { Counter, createMetrics } from '../metrics.ts';

t.test(
  'several registries of one process hold the same process and counters of their own',
  async (t) => {
    const [one, other] = [createMetrics({ version: '1.2.3' }), createMetrics({ version: '4.5.6' })];
    const config = { name: 'things_total', help: 'Things.' };
    new Counter({ ...config, registers: [one] }).inc(2);
    new Counter({ ...config, registers: [other] }).inc(3);
    const [first, second] = await Promise.all([one.metrics(), other.metrics()]);
    t.match(first, /^things_total 2$/m);
    t.match(second, /^things_total 3$/m);
    t.match(first, 'trellis_build_info{version="1.2.3"} 1');
    for (const text of [first, second]) {
      t.match(text, /^process_cpu_seconds_total \d/m);
      t.match(text, /^nodejs_eventloop_lag_p99_seconds \d/m);
    }
  },
);

t.test('what watches the process does not keep it alive', (t) => {
  const path = join(import.meta.dirname, '../metrics.ts');
  const program = `import { createMetrics } from ${JSON.stringify(path)};
    const text = await createMetrics({ version: '1' }).metrics();
    process.stdout.write(String(text.includes('nodejs_gc_duration_seconds')));`;
  const { status, signal, stdout } = spawnSync(
    process.execPath,
    ['--input-type=module', '--eval', program],
    { timeout: 60_000, encoding: 'utf8' },
  );
  t.same({ status, signal, stdout }, { status: 0, signal: null, stdout: 'true' });
  t.end();
});
