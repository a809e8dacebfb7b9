import { hash, verify } from '@node-rs/argon2';

/** Argon2id with the first choice of the OWASP Password Storage Cheat Sheet: 19 MiB, t=2, p=1. */
const options = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };

/** What an unknown address is checked against, so that it takes as long as a wrong password. */
const nobody = hash('nobody has this password', options);

/** The hash in PHC string format. */
export function hashPassword(password: string): Promise<string> {
  return hash(password, options);
}

/** False for no hash at all, after the same time. */
export async function verifyPassword(
  passwordHash: string | null | undefined,
  password: string,
): Promise<boolean> {
  const matches = await verify(passwordHash ?? (await nobody), password);
  return matches && Boolean(passwordHash);
}
