import { decodeCursor, type PageQuery } from '@trellis/core/pagination';
import { laterThan } from '@trellis/db/columns';
import { webhookFailures, webhooks } from '@trellis/db/schema/webhooks';
import type { TenantDb, Tx } from '@trellis/db/tenant-db';
import { and, desc, eq, getTableColumns, isNotNull, lt, type SQL, sql } from 'drizzle-orm';

export type Webhook = typeof webhooks.$inferSelect;

/** How its endpoint fails; nulls while it does not. */
export interface EndpointState {
  failingSince: Date | null;
  /** Set while the circuit is not closed. */
  openUntil: Date | null;
}

export const soundState: EndpointState = { failingSince: null, openUntil: null };

export type ShownWebhook = Omit<Webhook, 'tenantId' | 'secret' | 'createdBy'>;

const before = (column: typeof webhooks.id, page: PageQuery): SQL | undefined =>
  page.cursor ? lt(column, decodeCursor(page.cursor)) : undefined;

export function countWebhooks(tx: Tx, tenantId: string): Promise<number> {
  return tx.orm.$count(webhooks, eq(webhooks.tenantId, tenantId));
}

export async function insertWebhook(
  tx: Tx,
  values: typeof webhooks.$inferInsert,
): Promise<Webhook> {
  const [row] = await tx.orm.insert(webhooks).values(values).returning();
  return row as Webhook;
}

const { tenantId: _, secret: __, createdBy: ___, ...shownColumns } = getTableColumns(webhooks);
const { failingSince, openUntil } = webhookFailures;

/** One row more than a page has, which tells whether there is another page. */
export function listWebhooks(tx: Tx, page: PageQuery): Promise<(ShownWebhook & EndpointState)[]> {
  return tx.orm
    .select({ ...shownColumns, failingSince, openUntil })
    .from(webhooks)
    .leftJoin(webhookFailures, eq(webhookFailures.webhookId, webhooks.id))
    .where(before(webhooks.id, page))
    .orderBy(desc(webhooks.id))
    .limit(page.limit + 1);
}

/** In one round trip and server-prepared, as clients repeat it. */
export async function readWebhook(
  db: Pick<TenantDb, 'queryTenant'>,
  tenantId: string,
  id: string,
): Promise<(ShownWebhook & EndpointState) | undefined> {
  const [row] = await db.queryTenant<ShownWebhook & EndpointState>(
    tenantId,
    (client) => client`
      select w.id, w.url, w.events, w.description, w.headers, w.is_active as "isActive",
        w.disabled_reason as "disabledReason", w.secret_hint as "secretHint",
        w.previous_secrets as "previousSecrets", w.created_at as "createdAt",
        w.updated_at as "updatedAt", f.failing_since as "failingSince", f.open_until as "openUntil"
      from webhooks w left join webhook_failures f on f.webhook_id = w.id
      where w.id = ${id}`,
  );
  return row;
}

export async function findWebhook(tx: Tx, id: string): Promise<Webhook | undefined> {
  const [row] = await tx.orm.select().from(webhooks).where(eq(webhooks.id, id));
  return row;
}

export async function lockWebhook(tx: Tx, id: string): Promise<Webhook | undefined> {
  const [row] = await tx.orm.select().from(webhooks).where(eq(webhooks.id, id)).for('update');
  return row;
}

export async function updateWebhook(
  tx: Tx,
  id: string,
  change: Partial<typeof webhooks.$inferInsert>,
): Promise<Webhook> {
  const [row] = await tx.orm
    .update(webhooks)
    // Always later than before, because the version that clients compare is made from it.
    .set({ ...change, updatedAt: laterThan(webhooks.updatedAt) })
    .where(eq(webhooks.id, id))
    .returning();
  return row as Webhook;
}

/** From then on nothing is claimed for it; its deliveries stay until their retention ends. */
export async function deleteWebhook(tx: Tx, id: string): Promise<void> {
  await forgetFailures(tx, id);
  await tx.orm.delete(webhooks).where(eq(webhooks.id, id));
}

export async function readState(tx: Tx, webhookId: string): Promise<EndpointState> {
  const [row] = await tx.orm
    .select({ failingSince, openUntil })
    .from(webhookFailures)
    .where(eq(webhookFailures.webhookId, webhookId));
  return row ?? soundState;
}

/** For an endpoint that begins anew. */
export async function forgetFailures(tx: Tx, webhookId: string): Promise<void> {
  await tx.orm.delete(webhookFailures).where(eq(webhookFailures.webhookId, webhookId));
}

/** Of an open circuit, lets the next probe go at once: somebody expects the endpoint to answer. */
export async function probeNow(tx: Tx, webhookId: string): Promise<void> {
  await tx.orm
    .update(webhookFailures)
    .set({ openUntil: sql`now()` })
    .where(and(eq(webhookFailures.webhookId, webhookId), isNotNull(openUntil)));
}
