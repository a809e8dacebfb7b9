import { commonErrors } from '@trellis/core/common-errors';
import type { CallContext } from '@trellis/core/context';
import type { Tx } from '@trellis/db/tenant-db';
import type { Person } from '../../users/create-person.ts';
import { lockPerson } from '../../users/lock-person.ts';
import { authErrors } from '../errors.ts';
import { findPerson } from '../repository.ts';

type Call = Pick<CallContext, 'actor' | 'sessionId'>;

/** The person who is logged in. Throws `session_required` (403) for a credential of nobody. */
export function personOf(tx: Tx, call: Call): Promise<Person> {
  return present(findPerson(tx, callerOf(call).userId));
}

/** The same, with the row locked: changes of one account come one after another. */
export function lockedPersonOf(tx: Tx, call: Call): Promise<Person> {
  return present(lockPerson(tx, callerOf(call).userId));
}

/** Throws `session_required` (403) for a credential without a person or a session. */
export function callerOf({ actor, sessionId }: Call): { userId: string; sessionId: string } {
  if (actor.type !== 'user' || actor.id === null || sessionId === null) {
    throw authErrors.session_required();
  }
  return { userId: actor.id, sessionId };
}

async function present(search: Promise<Person | undefined>): Promise<Person> {
  const person = await search;
  if (!person || person.disabledAt) throw commonErrors.unauthenticated();
  return person;
}
