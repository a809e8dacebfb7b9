import { isDeepStrictEqual } from 'node:util';
import { newId } from '@trellis/core/ids';
import type { Plan } from '@trellis/db/schema/plans';
import type { Tx } from '@trellis/db/tenant-db';
import type { Platform } from '../platform.ts';
import { tellPlanChange } from './jobs.ts';
import { planChanged } from './kept-limits.ts';
import { type ToldLimits, toldLimits } from './told-limits.ts';

/**
 * What follows a change of a plan, in the transaction of the change: every process reads its limits
 * anew, and a job tells the tenants whose limits have changed.
 */
export async function followChange(
  { changes, jobs }: Pick<Platform, 'changes' | 'jobs'>,
  tx: Tx,
  before: Plan,
  after: Plan,
): Promise<void> {
  const { planType } = after;
  await changes.announce(tx, planChanged, planType);
  const changed = namesOfChanged(toldLimits(before), toldLimits(after));
  if (changed.length === 0) return;
  await jobs.enqueue(tx, tellPlanChange, { planType, changeId: newId(), changed });
}

function namesOfChanged(before: ToldLimits, after: ToldLimits): string[] {
  return Object.entries(after)
    .filter(([name, limit]) => !isDeepStrictEqual(limit, before[name as keyof ToldLimits]))
    .map(([name]) => name);
}
