/** What people type is cut to this many characters. */
const typedMax = 120;
const controls = /[\p{Cc}\p{Zl}\p{Zp}\s]+/gu;
/** They would let a name turn the text around it. */
const directions = /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;
const breakPoint = '\u200b';

/** One line of text: nothing in it can begin a header or a line of its own. */
export function oneLine(text: string): string {
  return text.replaceAll(directions, '').replaceAll(controls, ' ').trim();
}

/**
 * A name as somebody typed it. Anybody can make us mail it to anybody, so a name that is an address
 * of the web does not become a link in the reader's mail program: an invisible break parts it.
 */
export function typed(text: string): string {
  const line = oneLine(text);
  const short = [...line].length > typedMax ? `${[...line].slice(0, typedMax).join('')}…` : line;
  return short
    .replaceAll(/:(?=\/\/)/g, `:${breakPoint}`)
    .replaceAll(/[.@](?=[\p{L}\p{N}])/gu, (mark) => `${mark}${breakPoint}`);
}

/** `Mon, 23 Nov 2026 01:46:00 UTC`, for a time in ISO 8601. */
export function moment(time: string): string {
  return new Date(time).toUTCString().replace(/GMT$/, 'UTC');
}

/** For text and for attributes in double quotes. */
export function escapeHtml(text: string): string {
  return text.replaceAll(/[&<>"']/g, (mark) => `&#${mark.charCodeAt(0)};`);
}
