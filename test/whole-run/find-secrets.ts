/** A run of the characters that tokens, keys and hashes are written with. */
const run = /[A-Za-z0-9_-]{12,}/g;

/**
 * Finds secrets in texts of any size: by the last long run of each, which is the signature of a
 * token, and by the whole of those that have none, such as a password of several words.
 */
export function createSecretFinder(secrets: Iterable<string>): (text: string) => string[] {
  const byRun = new Map<string, string>();
  const phrases: string[] = [];
  for (const secret of secrets) {
    const last = secret.match(run)?.at(-1);
    if (last === undefined) phrases.push(secret);
    else byRun.set(last, secret);
  }
  return (text) => {
    const found = new Set(phrases.filter((phrase) => text.includes(phrase)));
    for (const [candidate] of text.matchAll(run)) {
      const secret = byRun.get(candidate);
      if (secret !== undefined) found.add(secret);
    }
    return [...found];
  };
}
