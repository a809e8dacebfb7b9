import { access } from '@trellis/http/access';
import { replies } from '@trellis/http/reply-schemas';
import type { App } from '@trellis/http/types';
import { publishedForSeconds } from '../rotate-keys.ts';
import { JwksReply } from '../schemas.ts';
import type { TokenKeys } from '../token-keys.ts';

export function getJwksRoute(app: App, keys: Pick<TokenKeys, 'published'>): void {
  app.get(
    '/.well-known/jwks.json',
    {
      config: { access: access.public(), limits: false },
      schema: {
        summary: 'Show what verifies access tokens',
        description:
          'A JWK Set (RFC 7517). A key is in it before it signs and until no token of it is left.',
        tags: ['auth'],
        security: [],
        response: replies({ 200: JwksReply }),
      },
    },
    async (_request, reply) => {
      const found = await keys.published();
      return reply
        .header('cache-control', `public, max-age=${publishedForSeconds}`)
        .send({ keys: found });
    },
  );
}
