/** An answer's headers as undici hands them over: a repeated one is an array, whatever its name. */
export type ResponseHeaders = Readonly<Record<string, string | string[] | undefined>>;

const headersMax = 32;
const nameLengthMax = 64;
const valueLengthMax = 256;
const secretNames = new Set(['cookie', 'set-cookie2', 'www-authenticate', 'proxy-authenticate']);
const secretPattern = /set-cookie|authori[sz]ation|api-?key|token|secret|session|passw|credential/;

/** Whether a header of this name, in lower case, holds what only the two ends may know. */
export function isCredential(name: string): boolean {
  return secretNames.has(name) || secretPattern.test(name);
}

/** One header as text, repeated values joined (RFC 9110, section 5.3); empty when absent. */
export function headerText(headers: ResponseHeaders, name: string): string {
  return String(headers[name] ?? '');
}

/**
 * The answer's headers as they may be stored and shown: at most 32 of them, values cut at 256
 * characters, cookies and whatever sounds like a credential replaced by `[redacted]`.
 */
export function redactHeaders(headers: ResponseHeaders): Record<string, string> {
  const kept: Record<string, string> = {};
  let count = 0;
  for (const name in headers) {
    const value = headers[name];
    if (value === undefined || name.length > nameLengthMax) continue;
    if (count === headersMax) break;
    count += 1;
    kept[name] = isCredential(name) ? '[redacted]' : String(value).slice(0, valueLengthMax);
  }
  return kept;
}
