import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { generateTypes } from '@trellis/client/generate-types';
import { settingGroups } from '@trellis/config/settings';
import { loadCatalogue } from '@trellis/domains/events/catalogue/load-catalogue';
import { describeApi, renderPermissions } from './api-doc.ts';
import { collectErrors, renderErrors } from './errors-doc.ts';
import { renderEvents } from './events-doc.ts';
import { renderEnvExample, renderSettings } from './settings-doc.ts';

/** All generated files, by path from the root, with the text that they should have. */
export async function generateDocs(root: string): Promise<Map<string, string>> {
  const errors = await collectErrors(root);
  const api = await describeApi();
  const catalogue = await loadCatalogue(join(root, 'packages/domains/src'));
  return new Map([
    ['.env.example', renderEnvExample(settingGroups)],
    formatted(root, 'docs/settings.md', renderSettings(settingGroups)),
    formatted(root, 'docs/errors.md', renderErrors(errors)),
    formatted(root, 'docs/events.md', renderEvents(catalogue)),
    formatted(root, 'docs/permissions.md', renderPermissions(api)),
    formatted(root, 'docs/openapi.json', JSON.stringify(api.document)),
    formatted(root, 'packages/client/src/api-types.ts', await generateTypes(api.document)),
  ]);
}

/** As Biome wants it, so that the check of the format holds for generated files too. */
function formatted(root: string, path: string, text: string): [string, string] {
  const biome = join(root, 'node_modules/@biomejs/biome/bin/biome');
  const output = execFileSync(process.execPath, [biome, 'format', `--stdin-file-path=${path}`], {
    cwd: root,
    input: text,
    encoding: 'utf8',
    maxBuffer: 64 * 1_048_576,
  });
  return [path, output];
}
