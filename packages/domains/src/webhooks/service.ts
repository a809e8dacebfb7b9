import type { CallContext } from '@trellis/core/context';
import { type Page, type PageQuery, toPage } from '@trellis/core/pagination';
import { writeAudit } from '../audit/write-audit.ts';
import { reserveQuota } from '../plans/reserve-quota.ts';
import type { Platform } from '../platform.ts';
import { cancelWaiting } from './cancel-deliveries.ts';
import { changedHeaders, replaceHeaders, sealHeaders } from './custom-headers.ts';
import type { AddressGuard } from './delivery/guard-address.ts';
import { createSecret, secretHint } from './delivery/sign.ts';
import { found } from './found.ts';
import { deliverWebhooks } from './jobs.ts';
import { presentReply, presentWebhook } from './present.ts';
import { webhooksQuota } from './quota.ts';
import { refuseBadUrl } from './refuse-url.ts';
import * as repository from './repository.ts';
import { rotateSecret } from './rotate-secret.ts';
import type {
  CreateWebhookBody,
  UpdateWebhookBody,
  WebhookReply,
  WebhookWithSecretReply,
} from './schemas.ts';

export interface WebhooksService {
  create(call: CallContext, input: CreateWebhookBody): Promise<WebhookWithSecretReply>;
  list(call: CallContext, page: PageQuery): Promise<Page<WebhookReply>>;
  get(call: CallContext, id: string): Promise<WebhookReply>;
  /** `precondition` gets the last change, and throws when the caller saw an older one. */
  update(
    call: CallContext,
    id: string,
    input: UpdateWebhookBody,
    precondition: (updatedAt: Date) => void,
  ): Promise<WebhookReply>;
  rotateSecret(
    call: CallContext,
    id: string,
    overlapSeconds: number,
  ): Promise<WebhookWithSecretReply>;
  delete(call: CallContext, id: string): Promise<void>;
}

type Needs = Pick<Platform, 'db' | 'jobs' | 'secrets' | 'clock'> & {
  guard: Pick<AddressGuard, 'checkHost'>;
};

export function createWebhooksService(needs: Needs): WebhooksService {
  const { db } = needs;
  return {
    create: (call, input) => create(needs, call, input),

    list: (call, page) =>
      db.withTenant(call.tenantId, async (tx) =>
        toPage(await repository.listWebhooks(tx, page), page.limit, presentReply),
      ),

    get: async (call, id) =>
      presentReply(found(await repository.readWebhook(db, call.tenantId, id))),

    async update(call, id, input, precondition) {
      if (input.url !== undefined) await refuseBadUrl(needs.guard, input.url);
      return update(needs, call, id, input, precondition);
    },

    rotateSecret: (call, id, overlapSeconds) => rotateSecret(needs, call, id, overlapSeconds),

    delete: (call, id) =>
      db.withTenant(call.tenantId, async (tx) => {
        const before = presentWebhook(found(await repository.lockWebhook(tx, id)));
        await repository.deleteWebhook(tx, id);
        await cancelWaiting(needs.jobs, tx, { tenantId: call.tenantId, webhookId: id });
        await writeAudit(needs, tx, call, { action: 'webhook.deleted', ...resource(id), before });
      }),
  };
}

async function create(
  needs: Needs,
  call: CallContext,
  { headers = {}, ...input }: CreateWebhookBody,
): Promise<WebhookWithSecretReply> {
  const { db, secrets, guard } = needs;
  const sealed = sealHeaders(secrets, headers);
  await refuseBadUrl(guard, input.url);
  const secret = createSecret();
  return db.withTenant(call.tenantId, async (tx) => {
    await reserveQuota(tx, call.tenantId, webhooksQuota);
    const row = await repository.insertWebhook(tx, {
      ...input,
      tenantId: call.tenantId,
      headers: sealed,
      secret: secrets.seal(secret),
      secretHint: secretHint(secret),
      createdBy: call.actor.id,
    });
    await writeAudit(needs, tx, call, {
      action: 'webhook.created',
      ...resource(row.id),
      after: presentWebhook(row),
    });
    return { ...presentReply({ ...row, ...repository.soundState }), secret };
  });
}

function update(
  needs: Needs,
  call: CallContext,
  id: string,
  { headers, ...input }: UpdateWebhookBody,
  precondition: (updatedAt: Date) => void,
): Promise<WebhookReply> {
  const { db, secrets, jobs } = needs;
  return db.withTenant(call.tenantId, async (tx) => {
    const before = found(await repository.lockWebhook(tx, id));
    precondition(before.updatedAt);
    const isAnotherUrl = input.url !== undefined && input.url !== before.url;
    const beginsAnew = isAnotherUrl || (input.isActive === true && !before.isActive);
    const after = await repository.updateWebhook(tx, id, {
      ...input,
      headers: replaceHeaders(secrets, headers, before, input.url),
      ...(beginsAnew && { disabledReason: null }),
    });
    if (beginsAnew) {
      await repository.forgetFailures(tx, id);
      tx.afterCommit(() => jobs.ring(deliverWebhooks));
    }
    await writeAudit(needs, tx, call, {
      action: 'webhook.updated',
      ...resource(id),
      before: presentWebhook(before),
      after: { ...presentWebhook(after), ...changedHeaders(before, after) },
    });
    return presentReply({ ...after, ...(await repository.readState(tx, id)) });
  });
}

const resource = (id: string) => ({ resourceType: 'webhook', resourceId: id });
