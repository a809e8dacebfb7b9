import { Type } from '@sinclair/typebox';
import { access } from '@trellis/http/access';
import type { App } from '@trellis/http/types';
import { linkPages, pagePolicy } from '../pages.ts';

const Html = Type.String();

/** The pages that mails lead to. They are for people, so the OpenAPI document leaves them out. */
export function getLinkPageRoutes(app: App): void {
  for (const [path, html] of linkPages) {
    app.get(
      path,
      { config: { access: access.public() }, schema: { hide: true, response: { 200: Html } } },
      async (_, reply) =>
        reply
          .headers({ 'content-security-policy': pagePolicy, 'cache-control': 'no-cache' })
          .type('text/html; charset=utf-8')
          .send(html),
    );
  }
}
