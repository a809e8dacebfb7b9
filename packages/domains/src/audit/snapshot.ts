/** What stands in the place of a secret. */
export const redacted = '[redacted]';

/** How names of properties end that hold secrets: in lower case, without separators, one of many. */
const secretNames = new RegExp(
  `(${[
    'accesskey',
    'apikey',
    'authorization',
    'cookie',
    'credential',
    'encryptionkey',
    'hash',
    'otp',
    'passcode',
    'passphrase',
    'password',
    'passwordconfirmation',
    'passwordrepeat',
    'privatekey',
    'recoverycode',
    'secret',
    'secretkey',
    'seed',
    'signingkey',
    'token',
  ].join('|')})(e?s)?$`,
);

/** A `key` is a secret when it is as long as one: other things have keys too, by which to name them. */
const keyLengthMin = 40;

/**
 * A resource as the trail keeps it: plain JSON that `jsonb` gives back unchanged, without the
 * values of properties whose names say that they are secrets. Services leave secrets out
 * themselves; this is for the one that forgets. Null stays, as it tells that there is none.
 */
export function snapshotOf(value: Record<string, unknown>): Record<string, unknown> {
  return withoutSecrets(JSON.parse(JSON.stringify(value))) as Record<string, unknown>;
}

function withoutSecrets(value: unknown): unknown {
  // A half of a surrogate pair is no Unicode: a column of text would have replaced it as well.
  if (typeof value === 'string') return value.toWellFormed();
  if (Array.isArray(value)) return value.map(withoutSecrets);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [
      name.toWellFormed(),
      member !== null && isSecret(name, member) ? redacted : withoutSecrets(member),
    ]),
  );
}

function isSecret(name: string, member: unknown): boolean {
  // Such as `hasPassword`: yes or no is nobody's secret.
  if (typeof member === 'boolean') return false;
  const plain = name.toLowerCase().replaceAll(/[^a-z0-9]/g, '');
  if (plain === 'key') return typeof member === 'string' && member.length >= keyLengthMin;
  return secretNames.test(plain);
}
