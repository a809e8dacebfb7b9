import { runInNewContext } from 'node:vm';

/** A page that a mail leads to, as a person has it open. */
export interface LinkPage {
  /** Whether there is something to fill in or to press. */
  isOpen(): boolean;
  /** The code of the problem that makes it ask for more than it did at first. */
  asksBecause(): string | undefined;
  /** What it says to the person. */
  says(): string;
  /** Presses the button, with these fields filled in. Resolves when it has been dealt with. */
  submit(fields?: Record<string, string>): Promise<void>;
}

interface Element {
  hidden: boolean;
  disabled: boolean;
  textContent: string;
  dataset: Record<string, string>;
}

const openings = {
  form: /<form ([^>]*)>/,
  button: /<button([^>]*)>/,
  '[role="status"]': /<p (role="status")>/,
};
const section = /<fieldset ([^>]*data-needed-by[^>]*)>/g;

/**
 * Loads what the link leads to, and runs its script on as much of a browser as that uses. Requests
 * are real.
 */
export async function openLink(link: string): Promise<LinkPage> {
  const url = new URL(link);
  const html = await load(link.split('#', 1)[0] ?? '');
  const source = / src="([^"]+)"><\/script>/.exec(html)?.[1] ?? '';
  const script = await load(new URL(source, url).href);

  const elements = new Map(
    Object.entries(openings).map(([selector, opening]) => {
      const [, attributes] = opening.exec(html) ?? [];
      return [selector, attributes === undefined ? null : elementOf(attributes)];
    }),
  );
  const sections = [...html.matchAll(section)].map(([, attributes = '']) => elementOf(attributes));
  let onSubmit: ((event: { preventDefault(): void }) => Promise<void>) | undefined;
  let filled: Record<string, string> = {};
  const find = (selector: string) => elements.get(selector) ?? null;
  Object.assign(find('form') ?? {}, {
    querySelector: find,
    addEventListener: (_type: string, listener: typeof onSubmit) => {
      onSubmit = listener;
    },
  });
  runInNewContext(script, {
    document: { querySelector: find, querySelectorAll: () => sections },
    location: url,
    history: { replaceState: () => {} },
    URLSearchParams,
    FormData: class {
      *[Symbol.iterator]() {
        yield* Object.entries(filled);
      }
    },
    fetch: (path: string, init: RequestInit) => fetch(new URL(path, url), init),
  });
  return {
    isOpen: () => find('form')?.hidden === false,
    asksBecause: () =>
      sections.find(({ hidden, disabled }) => !hidden && !disabled)?.dataset.neededBy,
    says: () => find('[role="status"]')?.textContent ?? '',
    submit: async (fields = {}) => {
      filled = fields;
      await onSubmit?.({ preventDefault: () => {} });
    },
  };
}

async function load(address: string): Promise<string> {
  const response = await fetch(address);
  if (response.status !== 200) throw new Error(`${address} answered ${response.status}`);
  return response.text();
}

function elementOf(attributes: string): Element {
  const data = [...attributes.matchAll(/data-([\w-]+)="([^"]*)"/g)].map(
    ([, name = '', value = '']) => [
      name.replaceAll(/-(\w)/g, (_, letter) => letter.toUpperCase()),
      value,
    ],
  );
  return {
    hidden: /\bhidden\b/.test(attributes),
    disabled: /\bdisabled\b/.test(attributes),
    textContent: '',
    dataset: Object.fromEntries(data),
  };
}
