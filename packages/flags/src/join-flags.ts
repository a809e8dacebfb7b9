import { atTime, type CompiledFlag } from './compile-flag.ts';
import type { CompiledGlobals, CompiledTenant } from './compile-rules.ts';
import type { CompiledStrategy } from './compile-strategy.ts';
import type { Variants } from './compile-variants.ts';
import type {
  DecidedBy,
  Evaluation,
  Explanation,
  FlagContext,
  Prerequisite,
  Reason,
  TenantFlags,
} from './model.ts';

/** What a prerequisite calls the variant of a flag that has none. */
const noVariant = 'disabled';
const nothingKnown: FlagContext = Object.freeze({});

/** Who asks for what, on the way through the rules. */
interface Asked {
  context: FlagContext;
  nowMs: number;
  /** Whether it is asked as a prerequisite of another flag. */
  isParent: boolean;
  /** Filled in for an explanation. */
  trace: Trace | undefined;
}

interface Trace {
  decidedBy: DecidedBy | null;
  flag: CompiledFlag | null;
  scope: 'tenant' | 'global' | null;
  ruleId: string | null;
  bucket: number | null;
}

/** Copies nothing, so that it costs little when the flags of everybody change. */
export function joinFlags(globals: CompiledGlobals, tenant: CompiledTenant): TenantFlags {
  const { tenantId } = tenant;
  const revision = { global: globals.revision, tenant: tenant.revision };
  const planFeatures = tenant.planFeatures ?? globals.plans.get(tenant.planType);
  let sorted: readonly string[] | undefined;

  const decide = (key: string, asked: Asked): Evaluation => {
    const { nowMs, trace } = asked;
    const global = atTime(globals.flags.get(key), nowMs);
    const own = atTime(tenant.flags.get(key), nowMs);
    if (own && (!global || (global.flag.isOverridable && !global.isKilled))) {
      note(trace, own, 'tenant', 'tenant-flag');
      return own.isKilled ? own.off('DISABLED') : followRules(own, asked);
    }
    if (!global) return notFound(key);
    note(trace, global, 'global', 'kill-switch');
    if (global.isKilled) return global.off('DISABLED');
    const override = tenant.overrides.get(key);
    if (override && (global.flag.isOverridable || override.byPlatform)) {
      note(trace, global, 'global', 'override');
      if (!override.isEnabled) return global.off('DISABLED');
      const named = global.flag.variants.find(({ name }) => name === override.variant);
      return named ? global.on(named, 'STATIC') : turnOn(global, global.variants, 'STATIC', asked);
    }
    if (planFeatures?.has(key)) {
      note(trace, global, 'global', 'plan');
      return turnOn(global, global.variants, 'STATIC', asked);
    }
    note(trace, global, 'global', 'default');
    return followRules(global, asked);
  };

  const followRules = (compiled: CompiledFlag, asked: Asked): Evaluation => {
    const { flag, strategies } = compiled;
    if (!flag.isEnabled) return compiled.off('DISABLED');
    // One step and no further, as in Unleash: so a circle ends, too.
    if (asked.isParent && flag.prerequisites.length > 0) return compiled.off('UNKNOWN');
    for (const prerequisite of flag.prerequisites) {
      const reason = refusalOf(prerequisite, asked);
      if (reason) {
        if (asked.trace) asked.trace.decidedBy = 'prerequisite';
        return compiled.off(reason);
      }
    }
    if (flag.strategies.length === 0) return turnOn(compiled, compiled.variants, 'STATIC', asked);
    let reason: Reason = 'TARGETING_MATCH';
    for (const strategy of strategies) {
      const outcome = admit(strategy, asked);
      if (outcome === 'in') {
        if (asked.trace) noteRule(asked.trace, strategy);
        const variants = strategy.variants ?? compiled.variants;
        return turnOn(compiled, variants, reasonOf(strategy), asked);
      }
      if (outcome === 'split') reason = 'SPLIT';
    }
    return compiled.off(reason);
  };

  /** Undefined when it is met. */
  const refusalOf = (wanted: Prerequisite, asked: Asked): Reason | undefined => {
    const found = decide(wanted.key, { ...asked, isParent: true, trace: undefined });
    if (found.reason === 'FLAG_NOT_FOUND') return 'DISABLED';
    if (found.reason === 'UNKNOWN') return 'UNKNOWN';
    if (found.isEnabled !== (wanted.isEnabled ?? true)) return 'DISABLED';
    const isOneOf =
      !wanted.variants?.length || wanted.variants.includes(found.variant ?? noVariant);
    return isOneOf ? undefined : 'DISABLED';
  };

  const admit = (strategy: CompiledStrategy, { context, nowMs, trace }: Asked) => {
    const { targets, rollout } = strategy;
    for (const holds of targets) if (!holds(context, tenantId, nowMs)) return 'out';
    if (!rollout) return 'in';
    const position = rollout.positionOf(context, tenantId);
    if (trace) trace.bucket = position ?? null;
    return position !== undefined && position < rollout.percent ? 'in' : 'split';
  };

  const turnOn = (
    compiled: CompiledFlag,
    variants: Variants | undefined,
    reason: Reason,
    { context }: Asked,
  ): Evaluation => {
    if (!variants) return compiled.on(undefined, reason);
    return compiled.on(variants.pick(context, tenantId), variants.isDrawn ? 'SPLIT' : reason);
  };

  const counted = (nowMs: number) =>
    [globals.changesMs, tenant.changesMs].map(
      (times) => times.filter((atMs) => atMs <= nowMs).length,
    );
  return {
    tenantId,
    revision,
    evaluate: (key, context = nothingKnown, nowMs = Date.now()) =>
      decide(key, { context, nowMs, isParent: false, trace: undefined }),
    explain(key, context = nothingKnown, nowMs = Date.now()): Explanation {
      const trace: Trace = {
        ...{ decidedBy: null, flag: null, scope: null, ruleId: null, bucket: null },
      };
      const evaluation = decide(key, { context, nowMs, isParent: false, trace });
      const { flag, ...told } = trace;
      return { ...evaluation, ...told, version: flag?.flag.version ?? null, revision };
    },
    keys() {
      sorted ??= [...new Set([...globals.flags.keys(), ...tenant.flags.keys()])].sort();
      return sorted;
    },
    changesInEffect: (nowMs) => counted(nowMs).reduce((sum, count) => sum + count, 0),
    nextChangeMs(nowMs) {
      const later = [...globals.changesMs, ...tenant.changesMs].filter((atMs) => atMs > nowMs);
      return later.length === 0 ? undefined : Math.min(...later);
    },
  };
}

function notFound(key: string): Evaluation {
  return { key, flagId: null, isEnabled: false, value: false, reason: 'FLAG_NOT_FOUND' };
}

/** How a strategy that let somebody in did so. */
function reasonOf({ rollout, targets }: CompiledStrategy): Reason {
  if (rollout && rollout.percent < 100) return 'SPLIT';
  return targets.length > 0 ? 'TARGETING_MATCH' : 'STATIC';
}

function note(
  trace: Trace | undefined,
  flag: CompiledFlag,
  scope: 'tenant' | 'global',
  decidedBy: DecidedBy,
): void {
  if (trace) Object.assign(trace, { flag, scope, decidedBy });
}

function noteRule(trace: Trace, { id }: CompiledStrategy): void {
  trace.ruleId = id;
  trace.decidedBy = 'strategy';
}
