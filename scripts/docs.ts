import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { collectErrors, findUndocumented } from './docs/errors-doc.ts';
import { generateDocs } from './docs/generate-docs.ts';

const root = fileURLToPath(new URL('..', import.meta.url));

async function read(path: string): Promise<string> {
  return await readFile(join(root, path), 'utf8').catch(() => '');
}

/** One line for each generated file that is not what the code says. */
async function findStale(docs: ReadonlyMap<string, string>): Promise<string[]> {
  const stale: string[] = [];
  for (const [path, text] of docs) {
    if ((await read(path)) !== text) stale.push(`${path} is out of date; run \`pnpm docs\``);
  }
  return [...findUndocumented(await read('docs/errors.md'), await collectErrors(root)), ...stale];
}

async function main(): Promise<void> {
  const docs = await generateDocs(root);
  if (!process.argv.includes('--check')) {
    for (const [path, text] of docs) await writeFile(join(root, path), text);
    return;
  }
  for (const line of await findStale(docs)) {
    console.error(line);
    process.exitCode = 1;
  }
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
});
