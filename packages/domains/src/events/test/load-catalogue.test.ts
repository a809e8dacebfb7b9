import { join } from 'node:path';
import t, { type Test } from 'tap';
import { domainsFolder } from '../../folder.ts';
import { loadCatalogue } from '../catalogue/load-catalogue.ts';

/** The `events.ts` of a domain with these events; `schema` is the code of their data. */
function declaring(names: string[], schema = 'Type.Object({ id: Type.String() })'): string {
  const lines = names.map(
    (name, index) =>
      `export const event${index} = { name: '${name}', description: 'Of it.', data: ${schema} };`,
  );
  return ["import { Type } from '@sinclair/typebox';", ...lines].join('\n');
}

function domains(t: Test, files: Record<string, string>): string {
  const folders = Object.entries(files).map(([name, text]) => [name, { 'events.ts': text }]);
  return t.testdir(Object.fromEntries(folders));
}

t.test('every event of every domain is found, by name', async (t) => {
  const folder = domains(t, {
    orders: declaring(['order.paid', 'order.lost']),
    carts: `${declaring(['cart.left'])}\nexport const limit = 3;`,
  });
  const catalogue = await loadCatalogue(folder);
  t.same([...catalogue.keys()], ['cart.left', 'order.lost', 'order.paid']);
  const paid = catalogue.get('order.paid');
  t.match(paid, { name: 'order.paid', description: 'Of it.' });
  const schema = {
    type: 'object',
    properties: { id: { type: 'string' } },
    required: ['id'],
  };
  t.strictSame(paid?.schema, schema, 'as plain JSON Schema');
  t.same(Object.getOwnPropertySymbols(paid?.schema ?? {}), []);
  t.same(paid?.validator().findErrors({ id: 'a' }), []);
  t.equal(paid?.validator().findErrors({}).length, 1);
});

t.test('what cannot be listed is refused in one line', async (t) => {
  const cases: [files: Record<string, string>, line: string][] = [
    [
      { one: declaring(['order.paid']), two: declaring(['order.paid']) },
      'Event "order.paid" is declared twice.',
    ],
    [{ one: declaring(['order.*']) }, '"order.*" cannot be the name of an event.'],
    [{ one: declaring(['order paid']) }, '"order paid" cannot be the name of an event.'],
    [{ one: 'export const nothing = 1;' }, 'one/events declares no event.'],
    [
      { one: declaring(['order.paid'], "Type.String({ pattern: '(?=a)' })") },
      'Event "order.paid": # has a pattern that RE2 does not take: error parsing regexp: invalid or unsupported Perl syntax: `(?=`.',
    ],
  ];
  for (const [index, [files, message]] of cases.entries()) {
    await t.test(message, async (t) => {
      await t.rejects(loadCatalogue(join(domains(t, files))), { message }, `${index}`);
    });
  }
});

t.test('the domains of the platform declare what they publish', async (t) => {
  const catalogue = await loadCatalogue(domainsFolder);
  t.ok(catalogue.size > 10);
  for (const [name, { description, validator }] of catalogue) {
    t.match(description, /^[A-Z].*\.$/, `${name} is described by a sentence`);
    t.ok(validator().findErrors('no object').length > 0, `${name} has data of a shape`);
  }
});
