import { drawOf } from './bucket.ts';
import { fieldOf, randomId } from './context.ts';
import type { FlagContext, Variant } from './model.ts';

export interface Variants {
  all: readonly Variant[];
  /** Undefined when no variant has a weight. */
  pick(context: FlagContext, tenantId: string): Variant | undefined;
  /** Whether it depends on who asks. */
  isDrawn: boolean;
}

/** @param stickiness of the strategy, for variants that name none */
export function compileVariants(
  groupId: string,
  all: readonly Variant[],
  stickiness = 'default',
): Variants | undefined {
  const weighed = all.filter(({ weight }) => weight > 0);
  const total = weighed.reduce((sum, { weight }) => sum + weight, 0);
  if (total === 0) return undefined;
  const overriding = all.filter(({ overrides = [] }) => overrides.length > 0);
  const [only] = weighed;
  if (weighed.length === 1 && overriding.length === 0) {
    return { all, isDrawn: false, pick: () => only };
  }
  const sticky = all[0]?.stickiness || stickiness;
  return {
    all,
    isDrawn: true,
    pick(context, tenantId) {
      const forced = overriding.find((variant) => isOverridden(variant, context, tenantId));
      if (forced) return forced;
      let left = drawOf(groupId, seedOf(context, sticky, tenantId), total);
      return weighed.find(({ weight }) => {
        left -= weight;
        return left <= 0;
      });
    },
  };
}

function isOverridden({ overrides = [] }: Variant, context: FlagContext, tenantId: string) {
  return overrides.some(({ contextName, values }) => {
    const text = fieldOf(context, contextName, tenantId);
    return text !== undefined && values.includes(text);
  });
}

function seedOf(context: FlagContext, stickiness: string, tenantId: string): string {
  if (stickiness === 'random') return randomId();
  if (stickiness !== 'default') return fieldOf(context, stickiness, tenantId) || randomId();
  return context.userId || context.sessionId || context.remoteAddress || randomId();
}
