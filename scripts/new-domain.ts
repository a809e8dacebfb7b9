import { execFileSync } from 'node:child_process';
import { globSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type DomainNames, namesOf } from './new-domain/names.ts';
import { refuseExisting, removeDomain, writeDomain } from './new-domain/write-domain.ts';

const root = fileURLToPath(new URL('..', import.meta.url));

function run(script: string, ...args: string[]): void {
  execFileSync(process.execPath, [join(root, 'node_modules', script), ...args], {
    cwd: root,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
}

async function generate(names: DomainNames): Promise<string[]> {
  try {
    const files = await writeDomain(root, names);
    // How a line breaks depends on how long the name is.
    run('@biomejs/biome/bin/biome', 'check', '--write', ...files);
    run('drizzle-kit/bin.cjs', 'generate', `--name=${names.plural}`);
    return [...files, findMigration(names)];
  } catch (error) {
    await removeDomain(root, names);
    throw error;
  }
}

function findMigration({ plural }: DomainNames): string {
  const [path] = globSync(`drizzle/*_${plural}.sql`, { cwd: root });
  if (path) return path;
  throw new Error('No migration was generated; is drizzle/meta in step with the schema?');
}

async function main(): Promise<void> {
  const [name, ...rest] = process.argv.slice(2).filter((arg) => arg !== '--');
  if (!name || rest.length > 0) throw new Error('Usage: pnpm new:domain NAME, as in "invoices".');
  const names = namesOf(name);
  refuseExisting(root, names);
  for (const path of await generate(names)) console.log(path);
  console.log(`
Next: \`pnpm docs\` adds its routes to the docs, \`pnpm start\` migrates and mounts it.
docs/adding-a-domain.md says what each file is for.`);
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
});
