import type { PlanReply } from '../plan-schemas.ts';
import type { CountedPlan } from './repository.ts';

/** A plan as the API shows it to administrators, and as the audit keeps it. */
export function presentPlan({ createdAt, updatedAt, ...plan }: CountedPlan): PlanReply {
  return { ...plan, createdAt: createdAt.toISOString(), updatedAt: updatedAt.toISOString() };
}
