import { newId } from '@trellis/core/ids';
import type { SecretBox } from '@trellis/core/secret-box';
import { openHeaders } from '../custom-headers.ts';
import type { AttemptResult } from '../delivery/attempt.ts';
import { nextAttemptDelayMs } from '../delivery/backoff.ts';
import type { Sender } from '../delivery/send.ts';
import { signatureHeader } from '../delivery/sign.ts';
import type { ClaimedDelivery } from './claim.ts';
import type { Outcome } from './record.ts';
import type { RetrySchedules } from './retry-schedules.ts';

const openedMax = 10_000;

/** Signs and sends one delivery, and says what becomes of it. Rejects only when aborted. */
export function createAttempts(
  sender: Pick<Sender, 'send'>,
  secrets: Pick<SecretBox, 'open'>,
  schedules: RetrySchedules,
) {
  const open = createOpener(secrets);
  return async (delivery: ClaimedDelivery, signal: AbortSignal): Promise<Outcome> => {
    const sentAfterMs = performance.now() - delivery.claimedMs;
    const judged = (result: AttemptResult): Outcome => ({
      id: newId(),
      delivery,
      result,
      sentAfterMs,
      ...judge(delivery, result, schedules),
    });
    let headers: Record<string, string>;
    try {
      headers = headersOf(delivery, { open });
    } catch (error) {
      return judged(unsigned(error as Error));
    }
    const { url, payload: body } = delivery;
    return judged(
      await sender.send({ webhookId: delivery.webhook_id, url, headers, body, signal }),
    );
  };
}

/** The subscription's own headers, and those of Standard Webhooks, which no other replaces. */
function headersOf(
  delivery: ClaimedDelivery,
  secrets: Pick<SecretBox, 'open'>,
): Record<string, string> {
  const { event_id: id, payload: body } = delivery;
  const nowMs = Date.now();
  const timestampSeconds = Math.floor(nowMs / 1_000);
  const signing = [
    delivery.secret,
    ...delivery.previous_secrets
      .filter(({ expiresAt }) => Date.parse(expiresAt) > nowMs)
      .map(({ secret }) => secret),
  ];
  const own = delivery.headers.length > 0 ? openHeaders(secrets, delivery.headers) : undefined;
  return {
    ...own,
    'content-type': 'application/json',
    'webhook-id': id,
    'webhook-timestamp': String(timestampSeconds),
    'webhook-signature': signatureHeader({
      id,
      timestampSeconds,
      body,
      secrets: signing.map(secrets.open),
    }),
  };
}

/** A secret that no key in `SECRET_KEY` opens: an operator has to mend it, and retries wait. */
function unsigned(error: Error): AttemptResult {
  return {
    outcome: 'failed',
    statusCode: null,
    errorClass: 'signing_failed',
    error: `It could not be signed: ${error.message}`,
    durationMs: 0,
    writtenMs: null,
    responseBody: null,
    responseTruncated: false,
    responseHeaders: {},
    retryAfterMs: null,
  };
}

function judge(
  delivery: ClaimedDelivery,
  result: AttemptResult,
  schedules: RetrySchedules,
): Pick<Outcome, 'status' | 'retryInMs'> {
  if (result.outcome === 'delivered') return { status: 'delivered', retryInMs: null };
  // Somebody waits for what the one try of a test comes to.
  if (delivery.trigger === 'test') return { status: 'exhausted', retryInMs: null };
  const retryInMs = nextAttemptDelayMs({
    tries: delivery.tries,
    schedule: delivery.retry_tail ? schedules.long : schedules.short,
    retryAfterMs: result.retryAfterMs,
  });
  return { status: retryInMs === null ? 'exhausted' : 'failed', retryInMs };
}

/** What a subscription has sealed is opened once, not for each of its deliveries. */
function createOpener(secrets: Pick<SecretBox, 'open'>): (sealed: string) => string {
  const opened = new Map<string, string>();
  return (sealed) => {
    const known = opened.get(sealed);
    if (known) return known;
    if (opened.size >= openedMax) opened.clear();
    const secret = secrets.open(sealed);
    opened.set(sealed, secret);
    return secret;
  };
}
