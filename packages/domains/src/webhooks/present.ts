import { redactCustomHeaders } from './custom-headers.ts';
import type { EndpointState, ShownWebhook } from './repository.ts';
import type { WebhookReply, WebhookSettings } from './schemas.ts';

/** What people have set, without the state of the endpoint: for the audit trail. */
export function presentWebhook(row: ShownWebhook): WebhookSettings {
  const { id, url, events, description, isActive, disabledReason, secretHint } = row;
  return {
    id,
    url,
    events,
    description,
    headers: redactCustomHeaders(row.headers),
    isActive,
    disabledReason,
    secretHint,
    previousSecretsExpireAt: row.previousSecrets
      .map(({ expiresAt }) => expiresAt)
      .filter((expiresAt) => Date.parse(expiresAt) > Date.now()),
    createdAt: row.createdAt.toISOString(),
    updatedAt: row.updatedAt.toISOString(),
  };
}

/** As callers are shown it. */
export function presentReply(row: ShownWebhook & EndpointState): WebhookReply {
  return {
    ...presentWebhook(row),
    failingSince: row.failingSince?.toISOString() ?? null,
    circuit: row.openUntil ? 'open' : 'closed',
  };
}
