import type { App } from '@trellis/http/types';
import type {} from '../fastify.ts';
import { getAuditLogRoute } from './routes/get-audit-log.ts';
import { listAuditLogsRoute } from './routes/list-audit-logs.ts';
import { verifyAuditLogsRoute } from './routes/verify-audit-logs.ts';
import { createAuditService } from './service.ts';

export default async function auditPlugin(app: App): Promise<void> {
  const service = createAuditService(app.platform);
  listAuditLogsRoute(app, service);
  verifyAuditLogsRoute(app, service);
  getAuditLogRoute(app, service);
}
