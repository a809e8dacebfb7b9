import type { App } from '@trellis/http/types';
import { endSessionRoute } from './routes/end-session.ts';
import { listSessionsRoute } from './routes/list-sessions.ts';
import { logoutRoute } from './routes/logout.ts';
import { switchTenantRoute } from './routes/switch-tenant.ts';
import type { OwnSessions } from './sessions/own-sessions.ts';

/** The routes by which people look after their sessions. */
export function mountOwnSessions(app: App, sessions: OwnSessions): void {
  listSessionsRoute(app, sessions);
  endSessionRoute(app, sessions);
  switchTenantRoute(app, sessions);
  logoutRoute(app, sessions);
}
