import type { Platform } from '../../platform.ts';
import { disableWebhook } from '../disable-webhook.ts';
import type { FailingEndpoint, Outcome } from './record.ts';

/** An endpoint is gone and will not come back (RFC 9110, 15.5.11). */
const goneStatus = 410;

type Needs = Pick<Platform, 'db' | 'jobs' | 'secrets' | 'log'>;

/** Disables the subscriptions whose endpoints are gone, or did nothing but fail for too long. */
export interface FailingEndpoints {
  /** Before an outcome is recorded. */
  look(outcome: Outcome): Promise<void>;
  /** Once outcomes were recorded. */
  judge(outcomes: readonly Outcome[], failing: readonly FailingEndpoint[]): void;
  /** Resolves when all that was begun has ended. */
  settle(): Promise<void>;
}

export function createFailingEndpoints(needs: Needs): FailingEndpoints {
  const disabling = new Map<string, Promise<void>>();

  /** Should it fail, the next delivery to the endpoint finds out again. */
  const disable = async ({ delivery }: Outcome, reason: string): Promise<void> => {
    const { tenant_id: tenantId, webhook_id: webhookId, url, id: deliveryId } = delivery;
    await disableWebhook(needs, { tenantId, webhookId, url, deliveryId, reason }).catch((err) =>
      needs.log.warn({ err, webhookId }, 'An endpoint that is gone could not be disabled.'),
    );
  };
  const begin = (outcome: Outcome, reason: string): void => {
    const { webhook_id } = outcome.delivery;
    if (disabling.has(webhook_id)) return;
    const ended = disable(outcome, reason).finally(() => disabling.delete(webhook_id));
    disabling.set(webhook_id, ended);
  };

  return {
    async look(outcome) {
      if (outcome.result.statusCode !== goneStatus) return;
      await disable(outcome, 'The endpoint answered 410 Gone.');
    },
    judge(outcomes, failing) {
      for (const { webhook_id, failing_days, is_open } of failing) {
        const outcome = outcomes.find(
          ({ delivery, status }) =>
            delivery.webhook_id === webhook_id && (is_open || status === 'exhausted'),
        );
        if (!outcome) continue;
        const { failure_days: days } = outcome.delivery;
        if (failing_days >= days) begin(outcome, `Nothing but failures for ${days} days.`);
      }
    },
    async settle() {
      await Promise.all(disabling.values());
    },
  };
}
