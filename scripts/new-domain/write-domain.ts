import { existsSync, globSync, readFileSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { createRoute, getRoute, listRoute, plugin, schemas } from './http-templates.ts';
import type { DomainNames } from './names.ts';
import { events, jobs, repository, service, table, worker } from './shared-templates.ts';
import { createTest, crossTenant, readme } from './test-templates.ts';

/** Every file of the domain, by path from the root. */
function filesOf(n: DomainNames): Record<string, string> {
  const folder = folderOf(n);
  return {
    [tableFileOf(n)]: table(n),
    [`${folder}/plugin.ts`]: plugin(n),
    [`${folder}/schemas.ts`]: schemas(n),
    [`${folder}/routes/create-${n.singular}.ts`]: createRoute(n),
    [`${folder}/routes/get-${n.singular}.ts`]: getRoute(n),
    [`${folder}/routes/list-${n.plural}.ts`]: listRoute(n),
    [`${folder}/service.ts`]: service(n),
    [`${folder}/repository.ts`]: repository(n),
    [`${folder}/events.ts`]: events(n),
    [`${folder}/jobs.ts`]: jobs(n),
    [`${folder}/worker.ts`]: worker(n),
    [`${folder}/README.md`]: readme(n),
    [`${folder}/test/create-${n.singular}.test.ts`]: createTest(n),
    [`${folder}/test/cross-tenant.ts`]: crossTenant(n),
  };
}

const folderOf = (n: DomainNames) => `packages/domains/src/${n.plural}`;
const tableFileOf = (n: DomainNames) => `packages/db/src/schema/${n.plural}.ts`;

/** Throws a line when the domain, its schema file or its table is there already. */
export function refuseExisting(root: string, n: DomainNames): void {
  for (const path of [folderOf(n), tableFileOf(n)]) {
    if (existsSync(join(root, path))) throw new Error(`${path} exists already.`);
  }
  const declared = new RegExp(`pgTable\\(\\s*'${n.table}'`);
  for (const file of globSync('packages/db/src/schema/*.ts', { cwd: root })) {
    if (!declared.test(readFileSync(join(root, file), 'utf8'))) continue;
    throw new Error(`The table ${n.table} exists already, in ${file}.`);
  }
}

/** Answers the paths that it wrote. */
export async function writeDomain(root: string, n: DomainNames): Promise<string[]> {
  const files = filesOf(n);
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), text, { flag: 'wx' });
  }
  return Object.keys(files);
}

/** Takes back what `writeDomain` wrote. */
export async function removeDomain(root: string, n: DomainNames): Promise<void> {
  await rm(join(root, folderOf(n)), { recursive: true, force: true });
  await rm(join(root, tableFileOf(n)), { force: true });
}
