import type { CallContext } from '@trellis/core/context';
import type { PreviousSecret } from '@trellis/db/schema/webhooks';
import { writeAudit } from '../audit/write-audit.ts';
import type { Platform } from '../platform.ts';
import { createSecret, secretHint } from './delivery/sign.ts';
import { webhookErrors } from './errors.ts';
import { found } from './found.ts';
import { presentReply, presentWebhook } from './present.ts';
import { lockWebhook, readState, updateWebhook, type Webhook } from './repository.ts';
import type { WebhookWithSecretReply } from './schemas.ts';

/** Each of them makes the header of the signatures longer. */
const previousSecretsMax = 4;

/**
 * Gives a subscription a new secret. The one before signs too until the overlap ends, and so do
 * those before it that have not expired; none of them signs any longer than that.
 * Throws `rotation_limit` (409) for one too many.
 */
export function rotateSecret(
  needs: Pick<Platform, 'db' | 'secrets' | 'clock'>,
  call: CallContext,
  id: string,
  overlapSeconds: number,
): Promise<WebhookWithSecretReply> {
  const { db, secrets, clock } = needs;
  const secret = createSecret();
  return db.withTenant(call.tenantId, async (tx) => {
    const before = found(await lockWebhook(tx, id));
    const after = await updateWebhook(tx, id, {
      secret: secrets.seal(secret),
      secretHint: secretHint(secret),
      previousSecrets: previousSecretsOf(before, clock.now().getTime(), overlapSeconds * 1_000),
    });
    await writeAudit(needs, tx, call, {
      action: 'webhook.secret_rotated',
      resourceType: 'webhook',
      resourceId: id,
      before: presentWebhook(before),
      after: presentWebhook(after),
    });
    return { ...presentReply({ ...after, ...(await readState(tx, id)) }), secret };
  });
}

/** The newest first. */
function previousSecretsOf(
  { secret, previousSecrets }: Webhook,
  nowMs: number,
  overlapMs: number,
): PreviousSecret[] {
  const valid = previousSecrets.filter(({ expiresAt }) => Date.parse(expiresAt) > nowMs);
  if (overlapMs === 0) return [];
  if (valid.length >= previousSecretsMax) throw webhookErrors.rotation_limit();
  const endsMs = nowMs + overlapMs;
  const capped = valid.map((one) => ({
    ...one,
    expiresMs: Math.min(Date.parse(one.expiresAt), endsMs),
  }));
  return [{ secret, expiresMs: endsMs }, ...capped].map(({ secret, expiresMs }) => ({
    secret,
    expiresAt: new Date(expiresMs).toISOString(),
  }));
}
