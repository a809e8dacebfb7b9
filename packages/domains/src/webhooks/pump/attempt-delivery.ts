import type { SecretBox } from '@trellis/core/secret-box';
import type { AttemptResult } from '../delivery/attempt.ts';
import {
  defaultRetrySchedule,
  longTailRetrySchedule,
  nextAttemptDelayMs,
} from '../delivery/backoff.ts';
import type { Sender } from '../delivery/send.ts';
import { signatureHeader } from '../delivery/sign.ts';
import type { ClaimedDelivery } from './claim.ts';
import type { Outcome } from './record.ts';

const longSchedule = [...defaultRetrySchedule, ...longTailRetrySchedule];
const openedMax = 10_000;

/** Signs and sends one delivery, and says what becomes of it. Rejects only when aborted. */
export function createAttempts(sender: Pick<Sender, 'send'>, secrets: Pick<SecretBox, 'open'>) {
  const open = createOpener(secrets);
  return async (delivery: ClaimedDelivery, signal: AbortSignal): Promise<Outcome> => {
    let headers: Record<string, string>;
    try {
      headers = signedHeaders(delivery, delivery.secrets.map(open));
    } catch (error) {
      return judge(delivery, unsigned(error as Error));
    }
    const { url, payload: body } = delivery;
    return judge(delivery, await sender.send({ url, headers, body, signal }));
  };
}

/** The headers of Standard Webhooks. */
function signedHeaders(delivery: ClaimedDelivery, secrets: string[]): Record<string, string> {
  const { event_id: id, payload: body } = delivery;
  const timestampSeconds = Math.floor(Date.now() / 1_000);
  return {
    'content-type': 'application/json',
    'webhook-id': id,
    'webhook-timestamp': String(timestampSeconds),
    'webhook-signature': signatureHeader({ id, timestampSeconds, body, secrets }),
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
    responseBody: null,
    responseTruncated: false,
    responseHeaders: {},
    retryAfterMs: null,
  };
}

function judge(delivery: ClaimedDelivery, result: AttemptResult): Outcome {
  if (result.outcome === 'delivered') {
    return { delivery, result, status: 'delivered', retryInMs: null };
  }
  const retryInMs = nextAttemptDelayMs({
    attempts: delivery.attempt,
    schedule: delivery.retry_tail ? longSchedule : defaultRetrySchedule,
    retryAfterMs: result.retryAfterMs,
  });
  return { delivery, result, status: retryInMs === null ? 'exhausted' : 'failed', retryInMs };
}

/** A subscription's secret is opened once, not for each of its deliveries. */
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
