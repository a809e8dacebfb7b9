import { commonErrors } from '@trellis/core/common-errors';
import type { CallContext } from '@trellis/core/context';
import { type Page, toPage } from '@trellis/core/pagination';
import { boundVerifications } from './chain/bound-verifications.ts';
import { type VerifyNeeds, verifyChain } from './chain/verify-chain.ts';
import { type AuditRow, findAuditRow, listAuditRows } from './repository.ts';
import type { AuditEntryReply, AuditQuery, VerifyQuery, VerifyReply } from './schemas.ts';

export interface AuditService {
  list(call: CallContext, query: AuditQuery): Promise<Page<AuditEntryReply>>;
  get(call: CallContext, id: string): Promise<AuditEntryReply>;
  /** Throws `verification_running` (429) while as many run as may. */
  verify(call: CallContext, query: VerifyQuery): Promise<VerifyReply>;
}

export function createAuditService(needs: VerifyNeeds): AuditService {
  const { db } = needs;
  const bounded = boundVerifications();
  return {
    list: (call, query) =>
      db.withTenant(call.tenantId, async (tx) =>
        toPage(await listAuditRows(tx, call.tenantId, query), query.limit, present),
      ),

    get: (call, id) =>
      db.withTenant(call.tenantId, async (tx) => {
        const row = await findAuditRow(tx, call.tenantId, id);
        if (!row) throw commonErrors.not_found('There is no such audit entry.');
        return present(row);
      }),

    verify: async (call, query) => {
      const { tenantId } = call;
      const report = await bounded(tenantId, () => verifyChain(needs, tenantId, query));
      return { valid: report.problem === null, ...report };
    },
  };
}

function present({ tenantId: _, createdAt, ...row }: AuditRow): AuditEntryReply {
  return { ...row, createdAt: createdAt.toISOString() };
}
