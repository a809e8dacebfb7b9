import { UrlRefusedError } from './refused-url.ts';

const urlLengthMax = 2048;

/**
 * Reads the URL of an endpoint: http or https, with a host, without credentials, at most 2048
 * characters. Throws UrlRefusedError with the rule that it breaks.
 */
export function parseUrl(text: string): URL {
  if (text.length > urlLengthMax) {
    throw new UrlRefusedError(`the URL is longer than ${urlLengthMax} characters`);
  }
  // The WHATWG parser drops tabs and line breaks; what is stored must be what is dialled.
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it looks for.
  if (/[\u0000-\u0020\u007f]/.test(text)) {
    throw new UrlRefusedError('the URL holds a space or a control character');
  }
  const url = URL.parse(text);
  if (!url) throw new UrlRefusedError('the URL cannot be parsed');
  if (url.protocol !== 'https:' && url.protocol !== 'http:') {
    throw new UrlRefusedError('the URL must start with http:// or https://');
  }
  if (hostOf(url) === '') throw new UrlRefusedError('the URL has no host');
  if (url.username !== '' || url.password !== '') {
    throw new UrlRefusedError('the URL must not hold credentials; send them in a custom header');
  }
  return url;
}

/** The host without the brackets of IPv6 and without the dot of a fully qualified name. */
export function hostOf(url: URL): string {
  return url.hostname.replace(/^\[|\]$|\.$/g, '');
}
