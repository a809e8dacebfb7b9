import type { SecretBox } from '@trellis/core/secret-box';
import { canonicalJson } from './canonical-json.ts';
import type { Link } from './hash-entry.ts';

const purpose = 'audit-pruned';

/** Signs the last entry that retention removed, so that a chain can begin nowhere else. */
export function signPruned(
  secrets: Pick<SecretBox, 'sign'>,
  tenantId: string,
  pruned: Link,
): string {
  return secrets.sign(purpose, messageOf(tenantId, pruned));
}

/** Whether retention said so; a chain of which it removed nothing needs no word of it. */
export function isPruned(
  secrets: Pick<SecretBox, 'verify'>,
  tenantId: string,
  pruned: Link & { mac: string },
): boolean {
  if (pruned.seq === 0 && pruned.hash === '') return true;
  return secrets.verify(purpose, messageOf(tenantId, pruned), pruned.mac);
}

function messageOf(tenantId: string, { seq, hash }: Link): string {
  return canonicalJson({ tenantId, seq, hash });
}
