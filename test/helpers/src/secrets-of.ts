/** Names of properties whose values belong to nobody but the two ends of the connection. */
const answered = new Set(['accessToken', 'refreshToken', 'key', 'secret', 'recoveryCodes']);
/** In an answer `code` is that of an error. */
const sent = new Set([...answered, 'password', 'currentPassword', 'newPassword', 'token', 'code']);

/** Shorter values are no secrets but samples of bad input, and may stand anywhere. */
const lengthMin = 12;

/** The secrets in the body of a request, at any depth. */
export function secretsSent(body: unknown): string[] {
  return secretsIn(body, sent);
}

/** The secrets in the body of an answer, at any depth. */
export function secretsAnswered(body: unknown): string[] {
  return secretsIn(body, answered);
}

function secretsIn(body: unknown, names: ReadonlySet<string>): string[] {
  if (typeof body !== 'object' || body === null) return [];
  return Object.entries(body).flatMap(([name, value]) =>
    names.has(name) ? textsOf(value) : secretsIn(value, names),
  );
}

function textsOf(value: unknown): string[] {
  const values: unknown[] = Array.isArray(value) ? value : [value];
  return values
    .filter((text) => typeof text === 'string')
    .filter((text) => text.length >= lengthMin);
}
