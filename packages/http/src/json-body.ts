import { isUtf8 } from 'node:buffer';
import { commonErrors } from '@trellis/core/common-errors';
import type { FastifyRequest } from 'fastify';
import type { App } from './types.ts';

export interface JsonBodyOptions {
  /** What becomes of the keys that could change what an object is. */
  poisoning: 'error' | 'ignore';
  /** Called with the text as it came and what it says; may throw. */
  onBody: (request: FastifyRequest, text: string, value: unknown) => void;
}

const charset = /;\s*charset\s*=\s*"?([^\s;"]*)/i;
/** JSON is UTF-8 (RFC 8259, 8.1). */
const utf8Names = ['utf-8', 'utf8'];

/**
 * Has the routes of this scope read JSON. Bytes that are not UTF-8 would be replaced by other text
 * without a word, so they are refused: `invalid_text` (400), or `unsupported_media_type` (415) when
 * another charset is announced. An empty body counts as no body: many clients announce JSON with
 * every request. Where a route needs a body, its schema says so.
 */
export function readJsonBodies(app: App, { poisoning, onBody }: JsonBodyOptions): void {
  const parse = app.getDefaultJsonParser(poisoning, poisoning);
  app.removeContentTypeParser('application/json');
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, (request, body, done) => {
    assertCharset(request.headers['content-type']);
    const text = decode(body as Buffer);
    if (text === '') return done(null, undefined);
    return parse(request, text, (error, value) => {
      if (error) return done(error, undefined);
      try {
        onBody(request, text, value);
      } catch (refusal) {
        return done(refusal as Error, undefined);
      }
      return done(null, value);
    });
  });
}

function assertCharset(contentType = ''): void {
  const name = charset.exec(contentType)?.[1];
  if (name === undefined || utf8Names.includes(name.toLowerCase())) return;
  throw commonErrors.unsupported_media_type('JSON is read as UTF-8 alone.');
}

function decode(bytes: Buffer): string {
  if (!isUtf8(bytes)) throw commonErrors.invalid_text('The body is not UTF-8.');
  return bytes.toString();
}

/**
 * Throws `invalid_text` (400) when a string in a JSON value holds half a surrogate pair, which
 * Postgres would store as another character. Only an escape can make one of a text in UTF-8.
 */
export function assertWellFormed(value: unknown, text?: string): void {
  if (text !== undefined && !/\\ud[89a-f]/i.test(text)) return;
  const rest = [value];
  while (rest.length > 0) {
    const part = rest.pop();
    if (typeof part === 'string' && !part.isWellFormed()) throw commonErrors.invalid_text();
    if (typeof part !== 'object' || part === null) continue;
    for (const [key, member] of Object.entries(part)) rest.push(key, member);
  }
}
