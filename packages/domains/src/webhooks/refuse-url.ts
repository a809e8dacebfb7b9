import type { AddressGuard } from './delivery/guard-address.ts';
import { UrlRefusedError } from './delivery/refused-url.ts';
import { webhookErrors } from './errors.ts';

/**
 * Throws `url_refused` (422). It may ask DNS, so it is called outside of transactions. The same
 * guard stands at the connection, when the time comes.
 */
export async function refuseBadUrl(
  guard: Pick<AddressGuard, 'checkHost'>,
  url: string,
): Promise<void> {
  try {
    await guard.checkHost(url);
  } catch (cause) {
    if (cause instanceof UrlRefusedError) throw webhookErrors.url_refused(cause.message, { cause });
    throw cause;
  }
}
