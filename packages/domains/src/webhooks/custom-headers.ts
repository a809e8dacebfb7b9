import type { SecretBox } from '@trellis/core/secret-box';
import type { CustomHeader } from '@trellis/db/schema/webhooks';
import { connectionHeaders } from './delivery/connection-headers.ts';
import { isCredential } from './delivery/redact-headers.ts';
import { webhookErrors } from './errors.ts';

/** What stands for the value of a sensitive header; sent back, it keeps that value. */
const redacted = '[redacted]';

/**
 * What signs a message (also as the libraries of Svix read it), what says how to read it, and who a
 * proxy says has sent it.
 */
const ownPrefixes = ['webhook-', 'svix-', 'content-', 'x-forwarded-'];
const ownNames = new Set(['date', 'forwarded', 'via', 'x-real-ip']);

/** A value too many is sealed rather than one too few: names are the tenants' own. */
const sensitivePattern =
  /access|auth|bearer|hmac|jwt|key|pass|pwd|signature|(?<![a-z])(otp|pin|sig)(?![a-z])/;

/**
 * Headers as they are stored, the values of sensitive ones sealed. `[redacted]` for a sensitive one
 * that is `stored` keeps its value.
 * Throws `header_refused` (422) for a name that is ours, for one that comes twice, and for
 * `[redacted]` when there is no value to keep.
 */
export function sealHeaders(
  secrets: Pick<SecretBox, 'seal'>,
  given: Readonly<Record<string, string>>,
  stored: readonly CustomHeader[] = [],
): CustomHeader[] {
  const seen = new Set<string>();
  return Object.entries(given).map(([name, value]) => {
    const plain = name.toLowerCase();
    if (isOwn(plain)) throw webhookErrors.header_refused(`The header ${name} cannot be set.`);
    if (seen.has(plain)) throw webhookErrors.header_refused(`The header ${name} comes twice.`);
    seen.add(plain);
    if (!isSensitive(plain)) return { name, value, isSensitive: false };
    if (value !== redacted) return { name, value: secrets.seal(value), isSensitive: true };
    const kept = stored.find((header) => header.isSensitive && isNamed(header, plain));
    if (!kept) throw webhookErrors.header_refused(`The header ${name} has no value to keep.`);
    return { ...kept, name };
  });
}

/**
 * Headers as they are after a change of a subscription. A sealed value goes to no other origin than
 * the one that it was entered for: who may change the URL must not learn it like that.
 * Throws `header_refused` (422) as above, and when it would be kept for another origin.
 */
export function replaceHeaders(
  secrets: Pick<SecretBox, 'seal'>,
  given: Readonly<Record<string, string>> | undefined,
  before: { url: string; headers: CustomHeader[] },
  url = before.url,
): CustomHeader[] {
  const isElsewhere = new URL(url).origin !== new URL(before.url).origin;
  if (given) return sealHeaders(secrets, given, isElsewhere ? [] : before.headers);
  const sealed = before.headers.find(({ isSensitive }) => isSensitive);
  if (!isElsewhere || !sealed) return before.headers;
  throw webhookErrors.header_refused(
    `The value of ${sealed.name} is not kept for another origin: send \`headers\` with it, or without.`,
  );
}

/** The names of those that are not what they were, for the audit trail, which has no sealed value. */
export function changedHeaders(
  before: { headers: CustomHeader[] },
  after: { headers: CustomHeader[] },
): { changedHeaders?: string[] } {
  const isIn = (headers: CustomHeader[]) => (one: CustomHeader) =>
    headers.some(({ name, value }) => name === one.name && value === one.value);
  const gone = before.headers.filter((one) => !isIn(after.headers)(one));
  const come = after.headers.filter((one) => !isIn(before.headers)(one));
  const names = [...new Set([...gone, ...come].map(({ name }) => name))];
  return names.length > 0 ? { changedHeaders: names } : {};
}

/** As people are shown them. */
export function redactCustomHeaders(headers: readonly CustomHeader[]): Record<string, string> {
  return Object.fromEntries(
    headers.map(({ name, value, isSensitive }) => [name, isSensitive ? redacted : value]),
  );
}

/** As they are sent. Throws when a sealed value was altered or its key is gone. */
export function openHeaders(
  secrets: Pick<SecretBox, 'open'>,
  headers: readonly CustomHeader[],
): Record<string, string> {
  return Object.fromEntries(
    headers.map(({ name, value, isSensitive }) => [
      name,
      isSensitive ? secrets.open(value) : value,
    ]),
  );
}

function isOwn(plainName: string): boolean {
  return (
    connectionHeaders.has(plainName) ||
    ownNames.has(plainName) ||
    ownPrefixes.some((prefix) => plainName.startsWith(prefix))
  );
}

function isSensitive(plainName: string): boolean {
  return isCredential(plainName) || sensitivePattern.test(plainName);
}

function isNamed({ name }: CustomHeader, plainName: string): boolean {
  return name.toLowerCase() === plainName;
}
