import { commonErrors } from '@trellis/core/common-errors';
import { webhookErrors } from './errors.ts';

/**
 * Throws `not_found` (404) without a row. One of another tenant is not found either: row-level
 * security does not show it.
 */
export function found<Row>(row: Row | undefined): Row {
  if (!row) throw commonErrors.not_found();
  return row;
}

/** Throws `not_found` (404), and `webhook_inactive` (409) for one that nothing is sent to. */
export function foundActive<Row extends { isActive: boolean }>(row: Row | undefined): Row {
  const webhook = found(row);
  if (!webhook.isActive) throw webhookErrors.webhook_inactive();
  return webhook;
}
