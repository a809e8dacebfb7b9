import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import t from 'tap';

const root = join(import.meta.dirname, '../..');
const depcruise = join(root, 'node_modules/dependency-cruiser/bin/dependency-cruiser.mjs');
const d = 'packages/domains/src';

/** A file, what it imports, and the rule that this breaks. */
const refused: [from: string, to: string, rule: string][] = [
  ['packages/core/src/one.ts', 'packages/db/src/client.ts', 'layer-core'],
  ['packages/db/src/one.ts', 'packages/queue/src/relay.ts', 'layer-db'],
  ['packages/http/src/one.ts', 'packages/db/src/client.ts', 'layer-http'],
  [`${d}/one/plugin.ts`, 'packages/local/src/place.ts', 'layer-domains'],
  [`${d}/one/plugin.ts`, 'apps/api/src/version.ts', 'nothing-imports-apps'],
  [`${d}/one/plugin.ts`, 'no-such-package', 'resolvable'],
  [`${d}/one/service.ts`, `${d}/two/repository.ts`, 'domain-to-domain'],
  [`${d}/one/service.ts`, `${d}/one/routes/list.ts`, 'shared-without-http'],
  [`${d}/one/jobs.ts`, 'packages/http/src/access.ts', 'shared-without-http'],
  [`${d}/one/quota.ts`, 'packages/http/src/access.ts', 'shared-without-http'],
  [`${d}/one/reserve.ts`, `${d}/two/quota.ts`, 'domain-to-domain'],
  [`${d}/one/delivery/send.ts`, 'fastify', 'shared-without-http'],
  [`${d}/one/second-factor/service.ts`, 'fastify', 'shared-without-http'],
  ['apps/api/src/one.ts', `${d}/two/service.ts`, 'outside-to-domain'],
  ['apps/api/src/one.ts', 'apps/worker/src/app.ts', 'app-to-app'],
  ['apps/api/src/one.ts', 'test/helpers/src/api.ts', 'app-to-development'],
  ['apps/worker/src/one.ts', 'packages/http/src/access.ts', 'worker-without-fastify'],
];

const allowed: [from: string, to: string][] = [
  ['packages/queue/src/two.ts', 'packages/db/src/client.ts'],
  [`${d}/two/plugin.ts`, 'fastify'],
  [`${d}/two/plugin.ts`, `${d}/two/service.ts`],
  [`${d}/two/service.ts`, `${d}/three/jobs.ts`],
  [`${d}/two/service.ts`, `${d}/audit/write-audit.ts`],
  [`${d}/two/test/list.test.ts`, `${d}/three/repository.ts`],
  ['scripts/two.ts', 'apps/api/src/setup.ts'],
];

const others: [from: string, to: string][] = [
  // The worker of a domain reaches fastify by way of another file.
  [`${d}/four/worker.ts`, `${d}/four/between.ts`],
  [`${d}/four/between.ts`, 'fastify'],
  ['packages/core/src/chicken.ts', 'packages/core/src/egg.ts'],
  ['packages/core/src/egg.ts', 'packages/core/src/chicken.ts'],
];

/** Types alone: their imports count too. */
function write(folder: string, imports: [from: string, to: string, rule?: string][]): void {
  for (const path of new Set(imports.flatMap(([from, to]) => [to, from]))) {
    if (!path.endsWith('.ts')) continue;
    const targets = imports
      .filter(([from]) => from === path)
      .map(([from, to]) => relativeTo(from, to));
    const lines = targets.map((target) => `export type * from '${target}';`);
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), [...lines, 'export interface X {}', ''].join('\n'));
  }
}

function relativeTo(from: string, to: string): string {
  return to.endsWith('.ts') ? `${dirname(from).replaceAll(/[^/]+/g, '..')}/${to}` : to;
}

interface Violation {
  from: string;
  rule: { name: string };
}

function cruise(folder: string): Violation[] {
  const config = join(root, '.dependency-cruiser.mjs');
  const args = [depcruise, '--config', config, '--output-type', 'json', '.'];
  const { stdout, stderr } = spawnSync(process.execPath, args, { cwd: folder, encoding: 'utf8' });
  if (!stdout) throw new Error(stderr);
  return (JSON.parse(stdout) as { summary: { violations: Violation[] } }).summary.violations;
}

t.test('the import rules', async (t) => {
  const folder = t.testdir();
  write(folder, [...refused, ...allowed, ...others]);
  const violations = cruise(folder);
  const rulesBrokenBy = (file: string) =>
    violations.filter(({ from }) => from === file).map(({ rule }) => rule.name);

  for (const [from, to, rule] of refused) {
    t.ok(rulesBrokenBy(from).includes(rule), `${from} may not import ${to}: ${rule}`);
  }
  for (const [from, to] of allowed) {
    t.same(rulesBrokenBy(from), [], `${from} may import ${to}`);
  }
  t.same(
    rulesBrokenBy(`${d}/four/worker.ts`),
    ['shared-without-fastify'],
    'nor in a roundabout way',
  );
  const inCycle = violations.filter(({ rule }) => rule.name === 'no-circular');
  t.match(inCycle[0]?.from, /^packages\/core\/src\/(chicken|egg)\.ts$/, 'a cycle is refused');
  t.equal(inCycle.length, 1, 'and nothing else is taken for one');
});
