import type { Reply } from '@trellis/test/api';

/** Every text in what a tenant was answered. Refusals say nothing of a tenant. */
export function textsOf(replies: Reply[]): Set<string> {
  const texts = new Set<string>();
  const walk = (value: unknown): void => {
    if (typeof value === 'string') texts.add(value);
    else if (typeof value === 'object' && value !== null) Object.values(value).forEach(walk);
  };
  for (const { status, body } of replies) if (status < 300) walk(body);
  return texts;
}

/**
 * Ids, addresses and names: the texts that tell one tenant from all others. Short texts and times
 * turn up by chance.
 */
export function marksAmong(texts: ReadonlySet<string>): Set<string> {
  const isMark = (text: string) => text.length >= 8 && !/^\d{4}-\d\d-\d\dT/.test(text);
  return new Set([...texts].filter(isMark));
}

/** The marks that a reply holds, in whatever place of its body, its headers or an address. */
export function leaksIn({ body, headers }: Reply, marks: ReadonlySet<string>): string[] {
  // `instance` repeats the path of the request, and with it the id that the caller sent.
  const shown = typeof body === 'object' && body !== null ? { ...body, instance: undefined } : body;
  const text = JSON.stringify([shown, ...headers]);
  const isShown = (mark: string) =>
    text.includes(JSON.stringify(mark).slice(1, -1)) || text.includes(encodeURIComponent(mark));
  return [...marks].filter(isShown);
}
