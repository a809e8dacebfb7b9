/**
 * These belong to the connection, not to the message (RFC 9110, section 7.6.1). `host` would also
 * choose the TLS server name, so a tenant could address another site behind the same address.
 */
export const connectionHeaders: ReadonlySet<string> = new Set([
  'accept-encoding',
  'connection',
  'content-length',
  'expect',
  'host',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'user-agent',
]);
