import { readFileSync } from 'node:fs';
import { Type } from '@sinclair/typebox';
import { access } from '@trellis/http/access';
import type { App } from '@trellis/http/types';
import { scriptPath } from '../pages.ts';

const Script = Type.String();

/** The script of the pages: plain JavaScript, which the build copies. */
export function getLinkScriptRoute(app: App): void {
  const script = readFileSync(new URL('../browser/link-page.js', import.meta.url), 'utf8');
  app.get(
    `/${scriptPath}`,
    { config: { access: access.public() }, schema: { hide: true, response: { 200: Script } } },
    async (_, reply) =>
      reply.header('cache-control', 'no-cache').type('text/javascript; charset=utf-8').send(script),
  );
}
