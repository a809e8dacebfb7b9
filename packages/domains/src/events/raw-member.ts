/**
 * The exact text of one member of a JSON object, so that key order, long numbers and `1.0` survive.
 * `json` has been parsed before, so its form is known to be valid. Undefined when there is no such
 * member; the last one wins, as in JSON.parse.
 */
export function rawMember(json: string, name: string): string | undefined {
  let found: string | undefined;
  let position = json.indexOf('{') + 1;
  while (position > 0) {
    position = skipSpace(json, position);
    if (json[position] !== '"') break;
    const keyEnd = endOfString(json, position);
    const key: unknown = JSON.parse(json.slice(position, keyEnd));
    const start = skipSpace(json, skipSpace(json, keyEnd) + 1);
    const end = endOfValue(json, start);
    if (key === name) found = json.slice(start, end).trimEnd();
    if (json[end] !== ',') break;
    position = end + 1;
  }
  return found;
}

function skipSpace(json: string, position: number): number {
  let at = position;
  while (/\s/.test(json[at] ?? '')) at++;
  return at;
}

/** Behind the closing quote of the string that opens at `start`. */
function endOfString(json: string, start: number): number {
  let at = start + 1;
  while (at < json.length && json[at] !== '"') at += json[at] === '\\' ? 2 : 1;
  return at + 1;
}

/** At the comma or brace that ends the value which begins at `start`. */
function endOfValue(json: string, start: number): number {
  let depth = 0;
  let at = start;
  while (at < json.length) {
    const character = json[at];
    if (character === '"') {
      at = endOfString(json, at);
      continue;
    }
    if (character === '{' || character === '[') depth++;
    if (character === '}' || character === ']') {
      if (depth === 0) return at;
      depth--;
    }
    if (character === ',' && depth === 0) return at;
    at++;
  }
  return at;
}
