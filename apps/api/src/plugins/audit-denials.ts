import type { CallContext } from '@trellis/core/context';
import { type AuditEntry, writeAudit } from '@trellis/domains/audit/write-audit';
import type { App } from '@trellis/http/types';
import plugin from 'fastify-plugin';
import { boundDenials } from '../denial-bound.ts';

/** The part of a problem that the trail keeps; never the body of a request. */
interface Refusal {
  code?: unknown;
  detail?: unknown;
}

/** How long the answer waits for each step of the writing, as text. */
const timeoutMs = '2000';

/**
 * Audits each refusal of what a known caller may not do, before the caller learns of it. Who is not
 * known has no tenant whose trail it could be in. When Postgres or the end of the trail cannot be had
 * soon, the answer is still a refusal, and what could not be written is in the log. Of a caller who
 * is refused more than once a second over a minute, the rest of the minute is one entry with their
 * number.
 */
async function auditDenialsPlugin(app: App): Promise<void> {
  const write = (call: CallContext, entry: Pick<AuditEntry, 'resourceId' | 'after'>) =>
    record(app, call, entry).catch((err: unknown) => {
      app.log.error({ err, reqId: call.requestId }, 'A refusal could not be audited.');
    });
  const bound = boundDenials({
    entriesMax: 60,
    windowMs: 60_000,
    callersMax: 10_000,
    writeSuppressed: (call, suppressed) => write(call, { resourceId: null, after: { suppressed } }),
  });
  app.addHook('onClose', () => bound.close());

  // With a callback: a promise would cost every answer a turn of the queue.
  app.addHook('preSerialization', (request, reply, payload, done) => {
    const { call } = request;
    if (reply.statusCode !== 403 || !call || !bound.admit(call)) {
      done(null, payload);
      return;
    }
    const { code, detail } = payload as Refusal;
    const resourceId = `${request.method} ${request.routeOptions.url ?? ''}`;
    write(call, { resourceId, after: { code, detail } }).then(() => done(null, payload));
  });
}

async function record(
  { platform }: App,
  call: CallContext,
  entry: Pick<AuditEntry, 'resourceId' | 'after'>,
): Promise<void> {
  await platform.db.withTenant(call.tenantId, async (tx) => {
    await tx.sql`
      select set_config('lock_timeout', ${timeoutMs}, true),
        set_config('statement_timeout', ${timeoutMs}, true)`;
    await writeAudit(platform, tx, call, {
      action: 'access.denied',
      resourceType: 'route',
      ...entry,
    });
  });
}

export default plugin(auditDenialsPlugin, {
  name: 'audit-denials',
  dependencies: ['platform', 'authentication'],
});
