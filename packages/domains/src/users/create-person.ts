import { brokenConstraint } from '@trellis/db/failures';
import { users } from '@trellis/db/schema/users';
import type { Tx } from '@trellis/db/tenant-db';
import { authErrors } from '../auth/errors.ts';

export type Person = typeof users.$inferSelect;

export interface NewPerson {
  email: string;
  name: string;
  passwordHash: string | null;
  isPlatformAdmin?: boolean;
  /** When the person showed that the address is theirs; never by default. */
  emailVerifiedAt?: Date;
}

/** Throws `email_taken` (409). Needs a system transaction: a person may be in several tenants. */
export async function createPerson(tx: Tx, input: NewPerson): Promise<Person> {
  try {
    const [person] = await tx.orm
      .insert(users)
      .values({ ...input, email: input.email.trim() })
      .returning();
    return person as Person;
  } catch (error) {
    if (brokenConstraint(error) === 'users_email_key') {
      throw authErrors.email_taken(undefined, { cause: error });
    }
    throw error;
  }
}
