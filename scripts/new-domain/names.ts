/** One name in the forms that the templates need. */
export interface DomainNames {
  /** `line-items`: the folder, the path and the permission. */
  plural: string;
  /** `line-item`: file names. */
  singular: string;
  /** `line_items`: the table. */
  table: string;
  /** `lineItems`. */
  camelPlural: string;
  /** `lineItem`. */
  camelSingular: string;
  /** `LineItems`. */
  pascalPlural: string;
  /** `LineItem`. */
  pascalSingular: string;
  /** `line items`, for sentences. */
  words: string;
  /** `line item`. */
  word: string;
}

const kebab = /^[a-z][a-z0-9]*(-[a-z][a-z0-9]*)*$/;
const lengthMax = 40;

/** Throws a line that says what is wrong with the name. */
export function namesOf(plural: string): DomainNames {
  if (!kebab.test(plural) || plural.length > lengthMax) {
    throw new Error(
      `"${plural}" is not a name: lower-case words joined by dashes, at most ${lengthMax} characters, as in "line-items".`,
    );
  }
  const singular = singularOf(plural);
  if (singular === plural) throw new Error(`"${plural}" is not a plural, as in "invoices".`);
  return {
    plural,
    singular,
    table: plural.replaceAll('-', '_'),
    camelPlural: camelOf(plural),
    camelSingular: camelOf(singular),
    pascalPlural: pascalOf(plural),
    pascalSingular: pascalOf(singular),
    words: plural.replaceAll('-', ' '),
    word: singular.replaceAll('-', ' '),
  };
}

function singularOf(plural: string): string {
  if (/[^aeiou]ies$/.test(plural)) return plural.replace(/ies$/, 'y');
  if (/(ss|sh|ch|x|z)es$/.test(plural)) return plural.replace(/es$/, '');
  return /[^su]s$/.test(plural) ? plural.slice(0, -1) : plural;
}

function pascalOf(name: string): string {
  return name.replaceAll(/(^|-)([a-z])/g, (_match, _dash, letter: string) => letter.toUpperCase());
}

function camelOf(name: string): string {
  const pascal = pascalOf(name);
  return pascal.charAt(0).toLowerCase() + pascal.slice(1);
}
