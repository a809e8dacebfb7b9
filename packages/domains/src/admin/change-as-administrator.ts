import type { CallContext } from '@trellis/core/context';
import { platformPermission } from '@trellis/core/permissions';
import type { Tx } from '@trellis/db/tenant-db';
import type { Platform } from '../platform.ts';
import { currentCall } from '../roles/current-call.ts';

/**
 * A change across tenants. Who calls is read again when all is done: each lock that the work takes
 * has been waited for by then, and when the caller is no administrator any more, nothing is
 * committed. Throws as `currentCall` does.
 */
export function changeAsAdministrator<Result>(
  { db }: Pick<Platform, 'db'>,
  call: CallContext,
  work: (tx: Tx) => Promise<Result>,
): Promise<Result> {
  return db.asSystem(async (tx) => {
    const result = await work(tx);
    await currentCall(tx, call, platformPermission);
    return result;
  });
}
