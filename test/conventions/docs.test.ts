import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { loadCatalogue } from '@trellis/domains/events/catalogue/load-catalogue';
import t from 'tap';
import { collectErrors, findUndocumented, renderErrors } from '../../scripts/docs/errors-doc.ts';

const root = join(import.meta.dirname, '../..');

t.test('docs/errors.md', async (t) => {
  const errors = await collectErrors(root);
  const text = await readFile(join(root, 'docs/errors.md'), 'utf8');

  await t.test('names each code of each catalogue once, and no other', async (t) => {
    t.ok(errors.has('not_found'), 'the catalogue of the platform is read');
    t.ok(errors.has('email_taken'), 'the catalogues of the domains are read');
    t.same(findUndocumented(text, errors), []);
  });

  await t.test('a code that it lacks is found', async (t) => {
    const without = text.replace(/^## email_taken$/m, '');
    t.same(findUndocumented(without, errors), [
      'docs/errors.md: the code email_taken is not documented',
    ]);
  });

  await t.test('a code that is in no catalogue, or there twice, is found', async (t) => {
    const altered = `${text}\n## email_taken\n\n## no_such_code\n`;
    t.same(findUndocumented(altered, errors), [
      'docs/errors.md: the code no_such_code is in no catalogue',
      'docs/errors.md: the code email_taken is there twice',
    ]);
  });
});

t.test('docs/events.md names each event of each domain once, with its fields', async (t) => {
  const catalogue = await loadCatalogue(join(root, 'packages/domains/src'));
  const text = await readFile(join(root, 'docs/events.md'), 'utf8');
  const rows = new Map(
    [...text.matchAll(/^\| `([^`]+)` +\|(.*)$/gm)].map(([, name = '', row = '']) => [name, row]),
  );
  t.same([...rows.keys()], [...catalogue.keys()]);
  for (const [name, { schema }] of catalogue) {
    const { properties } = schema as { properties: object };
    for (const field of Object.keys(properties)) {
      t.match(rows.get(name), new RegExp(`\`${field}\\??\``), `${name}: ${field}`);
    }
  }
});

t.test('the catalogues', async (t) => {
  const catalogue = (code: string) => `import { defineErrors } from '@trellis/core/errors';
    export const errors = defineErrors({
      ${code}: { status: 409, title: 'Taken', description: 'It is taken.' },
    });`;
  const repository = (files: Record<string, Record<string, string>>) =>
    t.testdir({ packages: { domains: { src: files } } });

  await t.test('a new one is documented without being listed anywhere', async (t) => {
    const errors = await collectErrors(repository({ one: { 'errors.ts': catalogue('taken') } }));
    t.match(renderErrors(errors), /^## taken\n\n\*\*409\*\* Taken\.\n\nIt is taken\.$/m);
  });

  await t.test('one that the docs would not reach is refused', async (t) => {
    const astray = repository({ two: { 'service.ts': catalogue('taken') } });
    await t.rejects(collectErrors(astray), {
      message:
        'packages/domains/src/two/service.ts: coded errors belong to the errors.ts of a domain.',
    });
  });

  await t.test('a code that two of them define is refused', async (t) => {
    const files = () => ({ 'errors.ts': catalogue('taken') });
    await t.rejects(collectErrors(repository({ three: files(), four: files() })), {
      message: 'packages/domains/src/three/errors.ts: the code taken is defined twice.',
    });
  });
});
