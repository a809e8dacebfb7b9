import { writeAudit } from '@trellis/domains/audit/write-audit';
import type { App } from '@trellis/http/types';
import type { FastifyRequest } from 'fastify';
import plugin from 'fastify-plugin';

/** The part of a problem that the trail keeps; never the body of a request. */
interface Refusal {
  code?: unknown;
  detail?: unknown;
}

/**
 * Audits each refusal of what a known caller may not do, before the caller learns of it. Who is not
 * known has no tenant whose trail it could be in. Without Postgres the answer is still a refusal,
 * and what could not be written is in the log.
 */
async function auditDenialsPlugin(app: App): Promise<void> {
  app.addHook('preSerialization', async (request, reply, payload) => {
    if (reply.statusCode === 403 && request.call) {
      await record(app, request, payload as Refusal).catch((err: unknown) => {
        request.log.error({ err }, 'A refusal could not be audited.');
      });
    }
    return payload;
  });
}

async function record(
  { platform }: App,
  request: FastifyRequest,
  { code, detail }: Refusal,
): Promise<void> {
  const { call } = request;
  if (!call) return;
  const route = `${request.method} ${request.routeOptions.url ?? ''}`;
  const entry = {
    action: 'access.denied',
    resourceType: 'route',
    resourceId: route,
    after: { code, detail },
  };
  await platform.db.withTenant(call.tenantId, (tx) => writeAudit(platform, tx, call, entry));
}

export default plugin(auditDenialsPlugin, {
  name: 'audit-denials',
  dependencies: ['platform', 'authentication'],
});
