import type { Platform } from '../../platform.ts';
import { type AnchorKey, listAnchors, readAnchor, writeAnchor } from './anchors.ts';
import type { Link } from './hash-entry.ts';
import { isContinuous } from './is-continuous.ts';
import { isPruned } from './pruned-mark.ts';
import { readChainState } from './read-chain.ts';

type Needs = Pick<Platform, 'db' | 'secrets' | 'storage' | 'clock' | 'log'>;

export interface AnchoredHeads {
  anchored: number;
  /** Tenants whose chain is not the one that was anchored, or whose anchor was altered. */
  refused: number;
}

interface HeadRow extends Link {
  tenantId: string;
}

const batchSize = 500;

/**
 * Writes the heads that have moved to the object store. A chain that does not contain its anchor
 * keeps that anchor: it is what `verify` finds it out by.
 */
export async function anchorHeads(needs: Needs): Promise<AnchoredHeads> {
  const result: AnchoredHeads = { anchored: 0, refused: 0 };
  const anchors = groupByTenant(listAnchors(needs));
  let known = await anchors.next();
  for await (const head of listHeads(needs)) {
    // Both come in the order of tenants.
    while (!known.done && known.value.tenantId < head.tenantId) known = await anchors.next();
    const older = known.value?.tenantId === head.tenantId ? known.value.keys : [];
    if (older.at(-1)?.seq === head.seq) continue;
    if (await continues(needs, head, older.at(-1))) {
      const anchoredAt = needs.clock.now().toISOString();
      const { tenantId, seq, hash } = head;
      await writeAnchor(needs, { tenantId, seq, hash, anchoredAt }, older);
      result.anchored += 1;
    } else {
      result.refused += 1;
      const { tenantId } = head;
      needs.log.error({ tenantId }, 'An audit trail does not continue the one that was anchored.');
    }
  }
  return result;
}

async function* listHeads({ db }: Pick<Needs, 'db'>): AsyncGenerator<HeadRow> {
  let after = '00000000-0000-0000-0000-000000000000';
  for (;;) {
    const heads = await db.querySystem<HeadRow & Record<string, unknown>>(
      (sql) => sql`
      select tenant_id as "tenantId", seq::float8 as seq, hash
      from audit_heads where tenant_id > ${after} order by tenant_id limit ${batchSize}`,
    );
    yield* heads;
    const last = heads.at(-1);
    if (!last || heads.length < batchSize) return;
    after = last.tenantId;
  }
}

async function* groupByTenant(
  all: AsyncIterable<AnchorKey>,
): AsyncGenerator<{ tenantId: string; keys: AnchorKey[] }, undefined> {
  let keys: AnchorKey[] = [];
  for await (const key of all) {
    const [first] = keys;
    if (first && first.tenantId !== key.tenantId) {
      yield { tenantId: first.tenantId, keys };
      keys = [];
    }
    keys.push(key);
  }
  if (keys[0]) yield { tenantId: keys[0].tenantId, keys };
}

/** Whether all from the anchor to the head is signed as what followed on it. */
async function continues(
  needs: Needs,
  head: HeadRow,
  newest: AnchorKey | undefined,
): Promise<boolean> {
  if (!newest) return true;
  if (newest.seq > head.seq) return false;
  const anchor = await readAnchor(needs, newest).catch((err: unknown) => {
    needs.log.error({ err }, 'An anchor of the audit trail cannot be read.');
    return undefined;
  });
  if (!anchor) return false;
  // Retention may remove the entries while they are read, a few times at the very worst.
  for (let triesLeft = 3; triesLeft > 0; triesLeft--) {
    const { pruned } = await readChainState(needs.db, head.tenantId);
    if (!isPruned(needs.secrets, head.tenantId, pruned)) return false;
    const from = anchor.seq < pruned.seq ? pruned : anchor;
    if (await isContinuous(needs, head.tenantId, from, head)) return true;
  }
  return false;
}
