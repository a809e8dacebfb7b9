/** A URL that deliveries may not go to. `reason` is a sentence for the person who entered it. */
export class UrlRefusedError extends Error {
  readonly reason: string;

  constructor(reason: string) {
    super(reason);
    this.name = 'UrlRefusedError';
    this.reason = reason;
  }
}

/** The URL is well formed, but its host is, or resolves to, an address that is not public. */
export class BlockedAddressError extends UrlRefusedError {
  readonly code = 'ERR_BLOCKED_ADDRESS';

  constructor(reason: string) {
    super(reason);
    this.name = 'BlockedAddressError';
  }
}
