import { Resolver } from 'node:dns';
import { isIP } from 'node:net';
import { parseList } from './parse-list.ts';

/** A form that a pattern cannot describe. */
export interface Format {
  isValid(text: string): boolean;
  /** What a value must be, to follow "it". */
  rule: string;
}

const proxyNames = ['loopback', 'linklocal', 'uniquelocal'];

/**
 * Held against a setting when it is read, so that a slip is named there. What uses the setting
 * would fail later, with a stack and at times with the password of a URL in it.
 */
export const formats = {
  'complete-url': {
    isValid: isUrl,
    rule: 'must be a URL with a valid host and port, and other characters written like %40',
  },
  'address-ranges': {
    isValid: (text) => parseList(text).every((part) => isRange(part, 0)),
    rule: 'must be address ranges like 127.0.0.0/8 or ::1/128',
  },
  'name-servers': {
    isValid: (text) => parseList(text).every(isNameServer),
    rule: 'must be addresses with or without a port, like 9.9.9.9 or [2620:fe::fe]:53',
  },
  proxies: {
    // A range of all addresses is none to Fastify.
    isValid: (text) =>
      parseList(text).every(
        (part) => proxyNames.includes(part) || isAddress(part) || isRange(part, 1),
      ),
    rule: 'must be addresses or ranges like 10.0.0.1 or 10.0.0.0/8',
  },
  origins: {
    isValid: (text) => parseList(text).every(isOrigin),
    rule: 'must be origins like https://app.example.com, in small letters and without a path',
  },
  keys: {
    // What the first of two keys with one id sealed, and what the second did, look the same.
    isValid: (text) => {
      const ids = parseList(text).map((key) => key.split(':', 1)[0]);
      return new Set(ids).size === ids.length;
    },
    rule: 'must have another id for each key',
  },
  storage: {
    isValid: isStorage,
    rule: 'must be file: with a folder, or s3://KEY:SECRET@bucket/prefix with at most region and endpoint, and other characters written like %40',
  },
} satisfies Record<string, Format>;

/** `file:./files` is relative to where the process was started, which no URL can be. */
function isStorage(text: string): boolean {
  if (text.startsWith('file:')) return /^file:(\/\/(localhost)?(?=\/))?(?!\/\/)./.test(text);
  const url = text.startsWith('s3://') && isUrl(text) ? URL.parse(text) : null;
  if (!url?.hostname || url.port !== '' || url.hash !== '') return false;
  if ((url.username === '') !== (url.password === '')) return false;
  const { region: _, endpoint, ...others } = Object.fromEntries(url.searchParams);
  return (
    Object.keys(others).length === 0 &&
    (!endpoint || (/^https?:/.test(endpoint) && isUrl(endpoint)))
  );
}

/** Name, password and path must decode as well: the database client stops at `%zz`. */
function isUrl(text: string): boolean {
  const url = URL.parse(text);
  if (!url) return false;
  try {
    for (const part of [url.username, url.password, url.pathname]) decodeURIComponent(part);
    return true;
  } catch {
    return false;
  }
}

/** A zone such as `fe80::1%eth0` is part of a socket's address, not of a network's. */
function isAddress(text: string): boolean {
  return isIP(text) !== 0 && !text.includes('%');
}

function isRange(text: string, bitsMin: number): boolean {
  const [address = '', bits = '', ...rest] = text.split('/');
  if (!isAddress(address) || rest.length > 0 || !/^\d{1,3}$/.test(bits)) return false;
  return Number(bits) >= bitsMin && Number(bits) <= (isIP(address) === 4 ? 32 : 128);
}

function isNameServer(text: string): boolean {
  try {
    new Resolver().setServers([text]);
    return true;
  } catch {
    return false;
  }
}

/** As a browser sends it (RFC 6454, 6.1), because it is compared as text; or `*` for any. */
function isOrigin(text: string): boolean {
  const url = URL.parse(text);
  return text === '*' || (url !== null && url.host !== '' && originOf(url) === text);
}

/** `url.origin` is "null" for the schemes of apps, such as `capacitor://localhost`. */
function originOf(url: URL): string {
  return `${url.protocol}//${url.host}`;
}
