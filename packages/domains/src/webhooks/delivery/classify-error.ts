import { BlockedAddressError, UrlRefusedError } from './refused-url.ts';

/** Why an attempt failed; stored with it, shown to the tenant and counted in the metrics. */
export type DeliveryErrorClass =
  | 'timeout'
  | 'dns'
  | 'connection_refused'
  | 'connection_reset'
  | 'connection_error'
  | 'tls'
  | 'blocked_address'
  | 'invalid_request'
  | 'signing_failed'
  | 'invalid_response'
  | 'redirect'
  | 'http_4xx'
  | 'http_5xx';

const classByCode: Record<string, DeliveryErrorClass> = {
  ETIMEDOUT: 'timeout',
  UND_ERR_CONNECT_TIMEOUT: 'timeout',
  ECONNREFUSED: 'connection_refused',
  ECONNRESET: 'connection_reset',
  ECONNABORTED: 'connection_reset',
  EPIPE: 'connection_reset',
  UND_ERR_SOCKET: 'connection_reset',
  EPROTO: 'tls',
  HOSTNAME_MISMATCH: 'tls',
  UND_ERR_INVALID_ARG: 'invalid_request',
  UND_ERR_NOT_SUPPORTED: 'invalid_request',
  UND_ERR_HEADERS_OVERFLOW: 'invalid_response',
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: 'invalid_response',
};

// OpenSSL's verification results reach us as codes of many shapes (X509_V_ERR_* without prefix).
const tlsCode =
  /^ERR_(TLS|SSL|OSSL)|CERT|^UNABLE_TO_|^CRL_|SELF_SIGNED|^INVALID_(CA|PURPOSE)|^PATH_LENGTH/;

// What Node names as the call when a name could not be resolved.
const resolving = /^(getaddrinfo|query)/;

/** The class of an error from undici, net, tls, dns or the guard. */
export function classifyError(error: unknown): DeliveryErrorClass {
  if (error instanceof BlockedAddressError) return 'blocked_address';
  if (error instanceof UrlRefusedError) return 'invalid_request';
  if (!(error instanceof Error)) return 'connection_error';
  // undici reports an answer to nothing, and an upgrade that nobody asked for, as socket errors.
  if (error.message === 'bad response' || error.message === 'bad upgrade') {
    return 'invalid_response';
  }
  // A DNS server that refuses the connection has the same code as an endpoint that does.
  if ('syscall' in error && resolving.test(String(error.syscall))) return 'dns';
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  const known = classByCode[code];
  if (known) return known;
  if (error.name === 'HTTPParserError') return 'invalid_response';
  return tlsCode.test(code) ? 'tls' : 'connection_error';
}

/** The class of a complete answer, null for success: 2xx and nothing else. */
export function classifyStatus(statusCode: number): DeliveryErrorClass | null {
  if (statusCode >= 200 && statusCode < 300) return null;
  if (statusCode >= 300 && statusCode < 400) return 'redirect';
  if (statusCode >= 400 && statusCode < 500) return 'http_4xx';
  return statusCode >= 500 && statusCode < 600 ? 'http_5xx' : 'invalid_response';
}
