import type { CallContext } from '@trellis/core/context';
import type { App } from '@trellis/http/types';
import { writeAudit } from '../audit/write-audit.ts';
import type {} from '../fastify.ts';

interface Refusal {
  code?: unknown;
  detail?: unknown;
}

/** What the paths of these routes name. */
interface Named {
  id?: string;
  planType?: string;
}

/** Every 403 is audited as `access.denied`; a 429 is too cheap to ask for. */
const auditedElsewhere: ReadonlySet<number> = new Set([403, 429]);

/**
 * Audits what was asked for and not done, in a transaction of its own, as that of the request was
 * rolled back if there was one: in the trail of the platform, before the caller learns of it. When
 * it cannot be written the answer is still a refusal, and the log tells of it. For the routes of
 * this instance.
 */
export function auditRefusals(app: App): void {
  app.addHook('preSerialization', async (request, { statusCode }, payload) => {
    const isRefused = statusCode >= 400 && statusCode < 500 && !auditedElsewhere.has(statusCode);
    if (!isRefused || !request.call) return payload;
    const { url, config } = request.routeOptions;
    await record(app, request.call, {
      action: String(config.audit),
      named: request.params as Named,
      refused: { route: `${request.method} ${url ?? ''}`, status: statusCode },
      refusal: payload as Refusal,
    });
    return payload;
  });
}

interface Refused {
  /** The entry that the route would have written. */
  action: string;
  named: Named;
  refused: { route: string; status: number };
  refusal: Refusal;
}

async function record(
  { platform, log }: App,
  call: CallContext,
  { action, named, refused, refusal: { code, detail } }: Refused,
): Promise<void> {
  const [resourceType = action] = action.split('.');
  const resourceId = idOf(named);
  const entry = { action: 'admin.refused', resourceType, resourceId };
  const after = { action, ...refused, code, detail };
  try {
    await platform.db.withTenant(call.tenantId, (tx) =>
      writeAudit(platform, tx, call, { ...entry, after }),
    );
  } catch (err) {
    log.error({ err, reqId: call.requestId }, 'A refusal could not be audited.');
  }
}

/** Null for what cannot be one: a path may hold anything, which is no matter of the trail. */
function idOf({ id, planType }: Named): string | null {
  const named = (id ?? planType)?.toLowerCase() ?? '';
  return /^[a-z0-9-]{1,50}$/.test(named) ? named : null;
}
