import { plans } from '@trellis/db/schema/plans';
import type { Tx } from '@trellis/db/tenant-db';

const gibibyte = 1_073_741_824;

/** What an empty database starts with; from then on plans are the administrators' data. */
const firstPlans: (typeof plans.$inferInsert)[] = [
  {
    planType: 'free',
    name: 'Free',
    rateLimit: 600,
    maxUsers: 5,
    maxStorage: gibibyte,
    maxWebhooks: 5,
    maxEvents: 100_000,
    retentionDays: 7,
    isDefault: true,
  },
  {
    planType: 'pro',
    name: 'Pro',
    rateLimit: 6_000,
    maxUsers: 100,
    maxStorage: 100 * gibibyte,
    maxWebhooks: 50,
    maxEvents: 10_000_000,
    retentionDays: 30,
    retryTail: true,
  },
  {
    planType: 'enterprise',
    name: 'Enterprise',
    rateLimit: 60_000,
    maxUsers: 10_000,
    maxStorage: 10_240 * gibibyte,
    maxWebhooks: 1_000,
    maxEvents: 1_000_000_000,
    retentionDays: 90,
    retryTail: true,
  },
];

export async function seedPlans(tx: Tx): Promise<void> {
  await tx.orm.insert(plans).values(firstPlans).onConflictDoNothing();
}
