/**
 * The one text of a JSON value (RFC 8785): members in the order of their names, numbers as
 * ECMAScript writes them, no spaces. `jsonb` keeps neither the order nor the way a number was
 * written, so that what comes back from it has the text of what went in only in this form.
 */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const members = Object.entries(value)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, member]) => `${JSON.stringify(name)}:${canonicalJson(member)}`);
  return `{${members.join(',')}}`;
}
