import { extname } from 'node:path';
import { fileTypeFromBuffer } from 'file-type';

/** How much of the beginning is looked at. */
export const sampleBytes = 4_100;

const unknown = 'application/octet-stream';
/** Types of text that nothing but the name tells; a browser runs none of them. */
const textByExtension: Record<string, string> = {
  '.csv': 'text/csv',
  '.json': 'application/json',
};
/** What a browser may run, or is markup, of the types that can be told from the first bytes. */
const active = new Set([
  'application/xml',
  'application/vnd.ms-htmlhelp',
  'application/x-mimearchive',
  'application/x-shockwave-flash',
  'image/svg+xml',
  'text/html',
]);
const markup = /<[a-z!?/]/i;

/**
 * What the content is, from its first bytes. What the upload says of it is not asked. Markup, such
 * as HTML and SVG, is never named as such: it is `application/octet-stream`, which is only saved.
 */
export async function detectType(sample: Buffer, name: string): Promise<string> {
  const found = await fileTypeFromBuffer(sample).catch(() => undefined);
  if (found) return active.has(found.mime) ? unknown : found.mime;
  const text = textOf(sample);
  if (text === undefined) return unknown;
  const byExtension = textByExtension[extname(name).toLowerCase()];
  if (byExtension) return byExtension;
  return markup.test(text) ? unknown : 'text/plain';
}

/** The sample as UTF-8, where its last character may be cut; undefined for anything else. */
function textOf(sample: Buffer): string | undefined {
  if (sample.length === 0) return undefined;
  try {
    const isCut = sample.length >= sampleBytes;
    const text = new TextDecoder('utf-8', { fatal: true }).decode(sample, { stream: isCut });
    // biome-ignore lint/suspicious/noControlCharactersInRegex: text has none but these
    return /[\0-\x08\x0b\x0e-\x1a\x1c-\x1f\x7f]/.test(text) ? undefined : text;
  } catch {
    return undefined;
  }
}
