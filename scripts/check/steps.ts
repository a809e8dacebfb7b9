import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { findMissingMigration } from './find-missing-migration.ts';
import { root, runTool } from './run-tool.ts';

export interface Step {
  name: string;
  /** Answers what is wrong; an empty text when nothing is. */
  run(): Promise<string>;
}

/** What `pnpm check` holds the code to before it runs the tests. */
export const steps: readonly Step[] = [
  { name: 'format and lint', run: () => outputOfFailure('biome', 'ci', '--colors=off', '.') },
  { name: 'build', run: () => outputOfFailure('tsc', '-b', 'tsconfig.build.json') },
  { name: 'types', run: () => outputOfFailure('tsc', '-p', 'tsconfig.json') },
  { name: 'boundaries', run: checkBoundaries },
  { name: 'dead code', run: () => outputOfFailure('knip', '--no-progress', '--no-config-hints') },
  { name: 'history of migrations', run: () => outputOfFailure('drizzle-kit', 'check') },
  { name: 'migrations in step', run: findMissingMigration },
  { name: 'docs in step', run: () => outputOfFailure('node', 'scripts/docs.ts', '--check') },
  { name: 'lockfile', run: checkLockfile },
];

async function outputOfFailure(name: string, ...args: string[]): Promise<string> {
  const { code, output } = await runTool(name, args);
  return code === 0 ? '' : output || `${name} ended with ${code}`;
}

async function checkBoundaries(): Promise<string> {
  const { code, output } = await runTool('depcruise', ['--config', '.dependency-cruiser.mjs', '.']);
  if (code !== 0) return output;
  // Without a TypeScript that has an API it reads no .ts at all, and finds nothing wrong.
  const seen = Number(/(\d+) modules/.exec(output)?.[1] ?? 0);
  return seen > 100 ? '' : `It saw ${seen} modules; is TypeScript there?\n${output}`;
}

async function checkLockfile(): Promise<string> {
  const lockfile = await readFile(join(root, 'pnpm-lock.yaml'), 'utf8');
  const line = lockfile.split('\n').findIndex((text) => text.includes('tarball:'));
  if (line < 0) return '';
  return `pnpm-lock.yaml:${line + 1} names the address of a tarball, which other machines may not reach.`;
}
