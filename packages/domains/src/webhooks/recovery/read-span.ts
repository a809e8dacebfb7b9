import { commonErrors } from '@trellis/core/common-errors';
import { parseMoment } from '@trellis/core/parse-moment';
import type { RecoverWebhookBody } from '../recovery-schemas.ts';

export interface Span {
  since: Date;
  /** Not part of it. */
  until: Date;
}

/**
 * What is still to come cannot be recovered: the span ends now at the latest.
 * Throws `validation_failed` (400) when there is nothing in it.
 */
export function readSpan(body: Pick<RecoverWebhookBody, 'since' | 'until'>, now: Date): Span {
  const since = parseMoment('since', body.since, 'body');
  const asked = body.until === undefined ? now : parseMoment('until', body.until, 'body');
  const until = asked < now ? asked : now;
  if (since < until) return { since, until };
  const path = 'body/since';
  const message = 'must be in the past and before `until`';
  throw commonErrors.validation_failed(`${path} ${message}`, { errors: [{ path, message }] });
}
