import { auditErrors } from '../errors.ts';

/** Of all tenants in one process: verifying is work for the processor, which others need too. */
const runningMax = 2;
const retryAfterSeconds = 1;

/**
 * Runs one verification of a tenant at a time. What comes meanwhile is refused with
 * `verification_running` (429), as a queue would only hide how long it takes.
 */
export function boundVerifications(): <Result>(
  tenantId: string,
  work: () => Promise<Result>,
) => Promise<Result> {
  const running = new Set<string>();
  return async (tenantId, work) => {
    if (running.has(tenantId) || running.size >= runningMax) {
      const detail = 'Another call verifies a trail.';
      throw auditErrors.verification_running(detail, { retryAfterSeconds });
    }
    running.add(tenantId);
    try {
      return await work();
    } finally {
      running.delete(tenantId);
    }
  };
}
