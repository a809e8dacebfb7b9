import { access } from '@trellis/http/access';
import { callOf } from '@trellis/http/call-of';
import { replies } from '@trellis/http/reply-schemas';
import type { App } from '@trellis/http/types';
import { SwitchTenantBody, TokensReply } from '../schemas.ts';
import type { OwnSessions } from '../sessions/own-sessions.ts';

export function switchTenantRoute(app: App, sessions: OwnSessions): void {
  app.post(
    '/switch',
    {
      config: { access: access.session(), audit: 'session.created' },
      schema: {
        summary: 'Go on in another tenant',
        description:
          'Opens a session in the named tenant, and ends the one that asks: use the new tokens from then on.',
        tags: ['auth'],
        body: SwitchTenantBody,
        response: replies({ 200: TokensReply }, 401, 403),
      },
    },
    (request) => sessions.switchTenant(callOf(request), request.body.tenantId),
  );
}
