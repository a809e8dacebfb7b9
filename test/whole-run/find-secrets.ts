/** Runs of the characters that tokens, keys and hashes are written with. */
const run = /[A-Za-z0-9_-]{12,}/g;
/** By how many characters secrets are looked up at each place of a text. */
const gramLength = 12;

/** What stands in a text only where the secret does. */
interface Needle {
  secret: string;
  /** Long runs survive encoding in JSON and URLs; other secrets are looked for in each spelling. */
  part: string;
}

/**
 * Finds secrets in texts of any size, whatever stands before and behind them: by the last long run
 * of each, which is the signature of a token, and by the whole of those that have none, such as a
 * password of several words.
 */
export function createSecretFinder(secrets: Iterable<string>): (text: string) => string[] {
  const byGram = new Map<number, Needle[]>();
  const short: Needle[] = [];
  for (const needle of needlesOf(secrets)) {
    if (needle.part.length < gramLength) {
      short.push(needle);
      continue;
    }
    const gram = hashOf(needle.part, 0);
    const others = byGram.get(gram);
    if (others) others.push(needle);
    else byGram.set(gram, [needle]);
  }
  return (text) => {
    const found = new Set<string>();
    for (const { secret, part } of short) if (text.includes(part)) found.add(secret);
    eachGram(text, (gram, start) => {
      for (const { secret, part } of byGram.get(gram) ?? []) {
        if (text.startsWith(part, start)) found.add(secret);
      }
    });
    return [...found];
  };
}

function* needlesOf(secrets: Iterable<string>): Generator<Needle> {
  for (const secret of secrets) {
    const last = secret.match(run)?.at(-1);
    const spellings = [secret, JSON.stringify(secret).slice(1, -1), encodeURIComponent(secret)];
    for (const part of last ? [last] : new Set(spellings)) yield { secret, part };
  }
}

const base = 31;
/** The weight of the character that leaves a gram; all is modulo 2 to the 32. */
const leaving = Array.from({ length: gramLength }).reduce<number>(
  (power) => Math.imul(power, base),
  1,
);

function hashOf(text: string, start: number): number {
  let hash = 0;
  for (let index = start; index < start + gramLength; index++) {
    hash = (Math.imul(hash, base) + text.charCodeAt(index)) | 0;
  }
  return hash;
}

/** Calls for each place of a text with the rolling hash of what begins there (Karp and Rabin). */
function eachGram(text: string, visit: (gram: number, start: number) => void): void {
  if (text.length < gramLength) return;
  let hash = hashOf(text, 0);
  visit(hash, 0);
  for (let end = gramLength; end < text.length; end++) {
    const start = end - gramLength;
    const left = Math.imul(leaving, text.charCodeAt(start));
    hash = (Math.imul(hash, base) + text.charCodeAt(end) - left) | 0;
    visit(hash, start + 1);
  }
}
