import { globSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { loadCatalogue } from '@trellis/domains/events/catalogue/load-catalogue';
import t from 'tap';

const root = join(import.meta.dirname, '../..');

interface Declared {
  /** Of the event: `user.created`. */
  name: string;
  description: string;
  data: { type?: string };
  file: string;
  /** What the source calls it: `userCreated`. */
  constant: string;
}

/** What goes to one subscription alone is published by a file of its own, below the domains. */
const toOneAlone = new Map([['webhook.test', join('webhooks', 'deliveries', 'test-webhook.ts')]]);

/** What the domains declare in their events.ts. */
async function declaredEvents(root: string): Promise<Declared[]> {
  const declared: Declared[] = [];
  for (const file of globSync(join(root, 'packages/domains/src/*/events.ts')).sort()) {
    const exported: object = await import(pathToFileURL(file).href);
    for (const [constant, event] of Object.entries(exported)) {
      declared.push({ ...event, file, constant });
    }
  }
  return declared;
}

/** The names of the events that no source of a domain emits. */
function findSilent(root: string, declared: Declared[]): string[] {
  const folder = join(root, 'packages/domains/src');
  const sources = globSync('*/**/*.ts', { cwd: folder })
    .filter((path) => !/[\\/](test[\\/]|events\.ts$)/.test(path))
    .map((path) => join(folder, path))
    .map((path) => ({ path, text: readFileSync(path, 'utf8') }));
  const isEmitted = ({ name, file, constant }: Declared): boolean =>
    sources.some(
      ({ path, text }) =>
        importsFrom(path, text, file).includes(constant) &&
        (path === join(folder, toOneAlone.get(name) ?? '') || emits(text, constant)),
    );
  return declared.filter((event) => !isEmitted(event)).map(({ name }) => name);
}

function emits(text: string, constant: string): boolean {
  const named = new RegExp(`\\b${constant}\\b`);
  return argumentsOf(text, 'emitEvent').some((each) => named.test(each));
}

/** What the source at `path` imports of `file`. */
function importsFrom(path: string, text: string, file: string): string[] {
  const imports = text.matchAll(/^import \{([^}]*)\} from '(\.[^']*)';/gm);
  return [...imports]
    .filter(([, , from = '']) => resolve(dirname(path), from) === file)
    .flatMap(([, names = '']) => names.split(',').map((name) => name.trim()));
}

/** What stands between the parentheses of each call of `callee`. */
function argumentsOf(text: string, callee: string): string[] {
  return [...text.matchAll(new RegExp(`\\b${callee}\\(`, 'g'))].map(({ 0: call, index }) => {
    const start = index + call.length;
    let end = start;
    for (let depth = 1; depth > 0 && end < text.length; end++) {
      if (text[end] === '(') depth++;
      if (text[end] === ')') depth--;
    }
    return text.slice(start, end - 1);
  });
}

t.test('the events of the platform', async (t) => {
  const declared = await declaredEvents(root);

  await t.test('each that is declared is emitted somewhere', async (t) => {
    t.ok(declared.length > 10, 'those of the domains are read');
    t.same(findSilent(root, declared), []);
  });

  await t.test('each says by its name and in a sentence what happened, to an object', async (t) => {
    for (const { name, description, data } of declared) {
      t.match(name, /^[a-z-]+\.[a-z-]+$/);
      t.match(description, /^[A-Z].*\.$/, name);
      t.equal(data.type, 'object', name);
    }
  });

  await t.test('each is in the catalogue', async (t) => {
    const catalogue = await loadCatalogue(join(root, 'packages/domains/src'));
    t.same([...catalogue.keys()], declared.map(({ name }) => name).sort());
  });
});

t.test('an event that nobody emits is found', async (t) => {
  const event = (name: string) => `{ name: '${name}', description: 'It.', data: {} }`;
  const events = (thing: string) => `export const made = ${event(`${thing}.made`)};
    export const gone = ${event(`${thing}.gone`)};`;
  const service = (constant: string) => `import { ${constant} } from './events.ts';
    await emitEvent(needs, tx, tenantId, ${constant}, present(thing));`;
  const repository = (files: Record<string, Record<string, string>>) =>
    t.testdir({ packages: { domains: { src: files } } });

  const folder = repository({
    one: {
      'events.ts': events('one'),
      'service.ts': service('made'),
      'plugin.ts': "import { gone } from './events.ts';\n(gone);",
    },
    two: { 'events.ts': events('two'), 'service.ts': `${service('made')}\n${service('gone')}` },
    three: { 'service.ts': service('gone') },
  });
  t.same(findSilent(folder, await declaredEvents(folder)), ['one.gone']);
});
