/** Names of properties whose values belong to nobody but the two ends of the connection. */
const secretNames = new Set([
  'password',
  'currentPassword',
  'newPassword',
  'token',
  'accessToken',
  'refreshToken',
  'key',
  'secret',
  'recoveryCodes',
  'code',
]);

/** Shorter values are no secrets but samples of bad input, and may stand anywhere. */
const lengthMin = 12;

/** The secrets in a body that went over the wire, at any depth. */
export function secretsOf(body: unknown): string[] {
  if (typeof body !== 'object' || body === null) return [];
  return Object.entries(body).flatMap(([name, value]) =>
    secretNames.has(name) ? textsOf(value) : secretsOf(value),
  );
}

function textsOf(value: unknown): string[] {
  const values: unknown[] = Array.isArray(value) ? value : [value];
  return values
    .filter((text) => typeof text === 'string')
    .filter((text) => text.length >= lengthMin);
}
