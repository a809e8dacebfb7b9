import { ownerPermission } from '@trellis/core/permissions';
import { tenants } from '@trellis/db/schema/tenants';
import type { Tx } from '@trellis/db/tenant-db';
import { eq } from 'drizzle-orm';
import { writeAudit } from '../audit/write-audit.ts';
import { sendMail } from '../email/send-mail.ts';
import { emitEvent } from '../events/trigger-webhooks.ts';
import type { Platform } from '../platform.ts';
import { webhookDisabled } from './events.ts';
import { presentWebhook } from './present.ts';
import { lockWebhook, updateWebhook, type Webhook } from './repository.ts';

/** Of a tenant with very many owners, so many are told. */
const recipientsMax = 20;

/** What the platform found out about an endpoint. */
export interface Finding {
  tenantId: string;
  webhookId: string;
  /** As it was called. */
  url: string;
  /** The delivery that found out. */
  deliveryId: string;
  /** A sentence for people. */
  reason: string;
}

/**
 * Sends a subscription no more events, until somebody enables it again. The audit entry, the event
 * `webhook.disabled` and the mail to those who can do that are part of it. Answers false when there was nothing to do: it was
 * disabled, deleted, or given another URL meanwhile.
 */
export async function disableWebhook(
  needs: Pick<Platform, 'db' | 'jobs' | 'secrets'>,
  { tenantId, webhookId, url, deliveryId, reason }: Finding,
): Promise<boolean> {
  return needs.db.withTenant(tenantId, async (tx) => {
    const row = await lockWebhook(tx, webhookId);
    if (!row?.isActive || row.url !== url) return false;
    const after = await updateWebhook(tx, row.id, { isActive: false, disabledReason: reason });
    await writeAudit(
      needs,
      tx,
      {
        tenantId,
        actor: { type: 'system', id: null },
        requestId: deliveryId,
        ip: null,
        userAgent: null,
      },
      {
        action: 'webhook.disabled',
        resourceType: 'webhook',
        resourceId: row.id,
        before: presentWebhook(row),
        after: presentWebhook(after),
      },
    );
    const tenantName = await nameOf(tx, tenantId);
    await emitEvent(needs, tx, tenantId, webhookDisabled, {
      id: row.id,
      url,
      reason,
      disabledAt: after.updatedAt.toISOString(),
    });
    for (const address of await recipientsOf(tx, row)) {
      await sendMail(needs, tx, address, 'webhook-disabled', { url, tenantName, reason });
    }
    return true;
  });
}

async function nameOf(tx: Tx, tenantId: string): Promise<string> {
  const [row] = await tx.orm
    .select({ name: tenants.name })
    .from(tenants)
    .where(eq(tenants.id, tenantId));
  return row?.name ?? '';
}

/** The tenant's owners and whoever made the subscription, as far as the tenant lets them in. */
async function recipientsOf(tx: Tx, { createdBy }: Pick<Webhook, 'createdBy'>): Promise<string[]> {
  const rows = await tx.sql<{ email: string }[]>`
    select u.email from memberships m join users u on u.id = m.user_id
    where m.disabled_at is null and u.disabled_at is null
      and (u.id = ${createdBy}::uuid or exists (
        select from membership_roles mr join roles r on r.id = mr.role_id
        where mr.membership_id = m.id and r.permissions @> array[${ownerPermission}::text]))
    order by u.id = ${createdBy}::uuid desc nulls last, m.id
    limit ${recipientsMax}`;
  return rows.map(({ email }) => email);
}
