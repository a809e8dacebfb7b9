import { users } from '@trellis/db/schema/users';
import type { Tx } from '@trellis/db/tenant-db';
import { eq, sql } from 'drizzle-orm';
import type { Person } from './create-person.ts';

/**
 * Locks the row against changes of the account and against new sessions, not against rows that
 * merely refer to it. Needs a system transaction.
 */
export async function lockPerson(tx: Tx, id: string): Promise<Person | undefined> {
  const [person] = await tx.orm.select().from(users).where(eq(users.id, id)).for('no key update');
  return person;
}

/**
 * Locks the row of whoever has the address against other changes of the account until the end of
 * the transaction, so that no other tenant takes the person in meanwhile. Needs a system
 * transaction.
 */
export async function lockPersonByEmail(tx: Tx, email: string): Promise<Person | undefined> {
  const [person] = await tx.orm
    .select()
    .from(users)
    .where(eq(sql`lower(${users.email})`, sql`lower(${email})`))
    .for('no key update');
  return person;
}
