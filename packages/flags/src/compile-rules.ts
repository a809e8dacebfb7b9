import { type CompiledFlag, compileFlag } from './compile-flag.ts';
import { compileSegments, type Segments } from './compile-strategy.ts';
import type { Flag, GlobalRules, Override, TenantRules } from './model.ts';

/** The flags of everybody, compiled. */
export interface CompiledGlobals {
  revision: number;
  flags: ReadonlyMap<string, CompiledFlag>;
  segments: Segments;
  plans: ReadonlyMap<string, ReadonlySet<string>>;
  /** When scheduled changes take effect, in Unix milliseconds, the earliest first. */
  changesMs: readonly number[];
}

/** What one tenant has of its own, compiled. */
export interface CompiledTenant {
  tenantId: string;
  revision: number;
  flags: ReadonlyMap<string, CompiledFlag>;
  overrides: ReadonlyMap<string, Override>;
  planType: string;
  planFeatures: ReadonlySet<string> | undefined;
  changesMs: readonly number[];
}

export function compileGlobals({ revision, ...rules }: GlobalRules): CompiledGlobals {
  const segments = compileSegments(rules.segments);
  const plans = Object.entries(rules.plans).map(
    ([planType, keys]) => [planType, new Set(keys)] as const,
  );
  return {
    revision,
    segments,
    flags: compileFlags(rules.flags, segments),
    plans: new Map(plans),
    changesMs: changesOf(rules.flags),
  };
}

/** A tenant's flags can use the segments of everybody, so they are compiled anew with those. */
export function compileTenant(
  { tenantId, revision, planType, planFeatures, ...rules }: TenantRules,
  globals: Pick<CompiledGlobals, 'segments'>,
): CompiledTenant {
  const segments = new Map([...globals.segments, ...compileSegments(rules.segments)]);
  return {
    ...{ tenantId, revision, planType },
    flags: compileFlags(rules.flags, segments),
    overrides: new Map(rules.overrides.map((override) => [override.key, override])),
    planFeatures: planFeatures ? new Set(planFeatures) : undefined,
    changesMs: changesOf(rules.flags),
  };
}

function compileFlags(flags: readonly Flag[], segments: Segments): Map<string, CompiledFlag> {
  return new Map(flags.map((flag) => [flag.key, compileFlag(flag, segments)]));
}

function changesOf(flags: readonly Flag[]): number[] {
  const times = flags.flatMap(({ schedule }) => schedule.map(({ applyAtMs }) => applyAtMs));
  return times.sort((one, other) => one - other);
}
