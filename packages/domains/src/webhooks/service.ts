import { commonErrors } from '@trellis/core/common-errors';
import type { CallContext } from '@trellis/core/context';
import { type Page, type PageQuery, toPage } from '@trellis/core/pagination';
import { writeAudit } from '../audit/write-audit.ts';
import { reserveQuota } from '../plans/quota.ts';
import type { Platform } from '../platform.ts';
import type { AddressGuard } from './delivery/guard-address.ts';
import { UrlRefusedError } from './delivery/refused-url.ts';
import { createSecret, secretHint } from './delivery/sign.ts';
import { webhookErrors } from './errors.ts';
import { presentDelivery, presentDetails, presentWebhook } from './present.ts';
import * as repository from './repository.ts';
import type {
  CreateWebhookBody,
  DeliveryReply,
  UpdateWebhookBody,
  WebhookReply,
} from './schemas.ts';

type Needs = Pick<Platform, 'db' | 'secrets'> & { guard: Pick<AddressGuard, 'checkHost'> };

export type WebhooksService = ReturnType<typeof createWebhooksService>;

export function createWebhooksService(needs: Needs) {
  const { db, secrets, guard } = needs;
  return {
    async create(
      call: CallContext,
      input: CreateWebhookBody,
    ): Promise<WebhookReply & { secret: string }> {
      await refuseBadUrl(guard, input.url);
      const secret = createSecret();
      return db.withTenant(call.tenantId, async (tx) => {
        await reserveQuota(tx, call.tenantId, 'maxWebhooks', () => repository.countWebhooks(tx));
        const row = await repository.insertWebhook(tx, {
          ...input,
          tenantId: call.tenantId,
          secret: secrets.seal(secret),
          secretHint: secretHint(secret),
          createdBy: call.actor.id,
        });
        const after = presentWebhook(row);
        await writeAudit(needs, tx, call, {
          action: 'webhook.created',
          ...resource(row.id),
          after,
        });
        return { ...after, secret };
      });
    },

    list: (call: CallContext, page: PageQuery): Promise<Page<WebhookReply>> =>
      db.withTenant(call.tenantId, async (tx) =>
        toPage(await repository.listWebhooks(tx, page), page.limit, presentWebhook),
      ),

    get: async (call: CallContext, id: string): Promise<WebhookReply> =>
      presentWebhook(found(await repository.readWebhook(db, call.tenantId, id))),

    async update(call: CallContext, id: string, input: UpdateWebhookBody): Promise<WebhookReply> {
      if (input.url !== undefined) await refuseBadUrl(guard, input.url);
      return db.withTenant(call.tenantId, async (tx) => {
        const before = presentWebhook(found(await repository.lockWebhook(tx, id)));
        const change = { ...input, ...(input.isActive && { disabledReason: null }) };
        const after = presentWebhook(await repository.updateWebhook(tx, id, change));
        await writeAudit(needs, tx, call, {
          action: 'webhook.updated',
          ...resource(id),
          before,
          after,
        });
        return after;
      });
    },

    delete: (call: CallContext, id: string): Promise<void> =>
      db.withTenant(call.tenantId, async (tx) => {
        const before = presentWebhook(found(await repository.lockWebhook(tx, id)));
        await repository.deleteWebhook(tx, id);
        await writeAudit(needs, tx, call, { action: 'webhook.deleted', ...resource(id), before });
      }),

    listDeliveries: (
      call: CallContext,
      id: string,
      filter: repository.DeliveryFilter,
    ): Promise<Page<DeliveryReply>> =>
      db.withTenant(call.tenantId, async (tx) => {
        found(await repository.findWebhook(tx, id));
        const rows = await repository.listDeliveries(tx, id, filter);
        return toPage(rows, filter.limit, presentDelivery);
      }),

    getDelivery: (call: CallContext, id: string, deliveryId: string) =>
      db.withTenant(call.tenantId, async (tx) =>
        presentDetails(found(await repository.findDelivery(tx, id, deliveryId))),
      ),
  };
}

const resource = (id: string) => ({ resourceType: 'webhook', resourceId: id });

/** A row of another tenant is not found either: row-level security does not show it. */
function found<Row>(row: Row | undefined): Row {
  if (!row) throw commonErrors.not_found();
  return row;
}

/** Throws `url_refused` (422). The same guard stands at the connection, when the time comes. */
async function refuseBadUrl(guard: Pick<AddressGuard, 'checkHost'>, url: string): Promise<void> {
  try {
    await guard.checkHost(url);
  } catch (cause) {
    if (cause instanceof UrlRefusedError) throw webhookErrors.url_refused(cause.message, { cause });
    throw cause;
  }
}
