import { cp, mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { root, runTool } from './run-tool.ts';

/**
 * Generates into a copy of drizzle/, where a new file means that the schema has changes without a
 * migration. Answers what is wrong, or nothing.
 */
export async function findMissingMigration(): Promise<string> {
  await mkdir(join(root, '.local'), { recursive: true });
  const copy = await mkdtemp(join(root, '.local', 'check-migrations-'));
  try {
    await cp(join(root, 'drizzle'), copy, { recursive: true });
    const { code, output } = await runTool('drizzle-kit', [
      'generate',
      '--dialect=postgresql',
      '--casing=snake_case',
      '--schema=./packages/db/src/schema/*.ts',
      `--out=./${relative(root, copy).replaceAll('\\', '/')}`,
    ]);
    if (code !== 0) return output;
    const before = new Set(await readdir(join(root, 'drizzle')));
    const added = (await readdir(copy)).filter((file) => !before.has(file));
    if (added.length === 0) return '';
    return 'The schema has changes without a migration; run `pnpm db:generate --name <what-changed>`.';
  } finally {
    await rm(copy, { recursive: true, force: true });
  }
}
