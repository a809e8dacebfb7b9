import type { Platform } from '../platform.ts';
import { listAnchors } from './chain/anchors.ts';
import { unsigned } from './chain/hash-entry.ts';
import type { ChainProblem } from './chain/judge-entry.ts';
import { verifyChain } from './chain/verify-chain.ts';

export interface VerifiedTrails {
  tenants: number;
  entries: number;
  /** Tenants of whose trail something is wrong. */
  bad: number;
}

interface VerifyOptions {
  /** Only this one. */
  tenantId?: string | undefined;
  /** How many are verified at a time; retention may move the beginning in between. */
  entriesPerCall?: number;
  /** Gets a line for each trail that is wrong. */
  write: (line: string) => void;
}

/** Verifies the trails of all tenants, also of those that only the anchors still know. */
export async function verifyTrails(
  needs: Pick<Platform, 'db' | 'secrets' | 'storage'>,
  { tenantId, entriesPerCall = 10_000, write }: VerifyOptions,
): Promise<VerifiedTrails> {
  const known = await listTenants(needs);
  const tenantIds = tenantId === undefined ? known : [tenantId];
  const result = { tenants: tenantIds.length, entries: 0, bad: 0 };
  if (tenantId !== undefined && !known.includes(tenantId)) {
    write(`Tenant ${tenantId}: there is no trail of it.`);
    return { ...result, bad: 1 };
  }
  for (const id of tenantIds) {
    const { entries, problem } = await verifyTrail(needs, id, entriesPerCall);
    result.entries += entries;
    if (!problem) continue;
    result.bad += 1;
    write(`Tenant ${id}: ${describe(problem)}${await describeUnsigned(needs, id)}.`);
  }
  return result;
}

async function listTenants({ db, storage }: Pick<Platform, 'db' | 'storage'>): Promise<string[]> {
  const found = await db.querySystem<{ id: string }>(
    (sql) => sql`select id from tenants union select tenant_id from audit_heads`,
  );
  const ids = new Set(found.map(({ id }) => id));
  for await (const { tenantId } of listAnchors({ storage })) ids.add(tenantId);
  return [...ids].sort();
}

async function verifyTrail(
  needs: Pick<Platform, 'db' | 'secrets' | 'storage'>,
  tenantId: string,
  limit: number,
): Promise<{ entries: number; problem: ChainProblem | null }> {
  let entries = 0;
  let fromSeq: number | null = 1;
  let problem: ChainProblem | null = null;
  while (fromSeq !== null) {
    const report = await verifyChain(needs, tenantId, { fromSeq, limit });
    entries += report.entries;
    ({ problem, nextSeq: fromSeq } = report);
  }
  return { entries, problem };
}

/** Entries that nothing vouches for, as verify stops at the first of them. */
async function describeUnsigned({ db }: Pick<Platform, 'db'>, tenantId: string): Promise<string> {
  const [row] = await db.queryTenant<{ count: number }>(
    tenantId,
    (sql) => sql`
    select count(*)::float8 as count from audit_logs
    where tenant_id = ${tenantId} and hash = ${unsigned}`,
  );
  return row?.count ? `; unsigned entries: ${row.count}` : '';
}

function describe({ kind, seq, id }: ChainProblem): string {
  const place = seq === null ? 'without a place' : `in place ${seq}`;
  return `${kind}, ${place}${id === null ? '' : `, entry ${id}`}`;
}
