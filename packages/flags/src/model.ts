/**
 * The rules of feature flags, as they are stored and compiled. Strategies, constraints, segments
 * and variants have the shape and the meaning of Unleash's, whose client specification
 * (npm @unleash/client-specification) this package holds to.
 */

/** What a flag answers with. */
export type ValueType = 'boolean' | 'string' | 'number' | 'json';
export type FlagValue = boolean | string | number | { [name: string]: unknown } | unknown[];

export const flagTypes = [
  'release',
  'experiment',
  'operational',
  'kill-switch',
  'permission',
] as const;
export type FlagType = (typeof flagTypes)[number];

export const operators = [
  'IN',
  'NOT_IN',
  'STR_CONTAINS',
  'STR_STARTS_WITH',
  'STR_ENDS_WITH',
  'REGEX',
  'NUM_EQ',
  'NUM_GT',
  'NUM_GTE',
  'NUM_LT',
  'NUM_LTE',
  'DATE_AFTER',
  'DATE_BEFORE',
  'SEMVER_EQ',
  'SEMVER_GT',
  'SEMVER_GTE',
  'SEMVER_LT',
  'SEMVER_LTE',
  'IN_CIDR',
] as const;
export type Operator = (typeof operators)[number];

/** A condition on one field of the context. */
export interface Constraint {
  contextName: string;
  operator: Operator;
  /** Of the operators that compare with several: any one of them is enough. */
  values?: string[];
  /** Of all others. */
  value?: string;
  inverted?: boolean;
  caseInsensitive?: boolean;
}

/** Constraints that several flags share. All of them must hold. */
export interface SegmentRules {
  id: string;
  constraints: Constraint[];
}

export interface Variant {
  name: string;
  /** Its part of 1000; of `variable` ones what the `fix` ones leave, in parts of their own. */
  weight: number;
  weightType?: 'variable' | 'fix';
  /** The field that keeps a caller with one variant; `default`: userId, sessionId, or by chance. */
  stickiness?: string;
  /** Of the value type of its flag; what the flag answers for those who get this variant. */
  value?: FlagValue;
  /** Who gets it whatever their bucket. */
  overrides?: { contextName: string; values: string[] }[];
}

export interface Strategy {
  /** Names the rule in explanations. */
  id: string;
  /** `default`, `flexibleRollout`, `userWithId` and the others of Unleash. */
  name: string;
  title?: string;
  disabled?: boolean;
  parameters?: Record<string, string>;
  constraints?: Constraint[];
  /** Ids; all of them must hold. */
  segments?: string[];
  /** Take the place of the flag's when this strategy lets somebody in. */
  variants?: Variant[];
}

/**
 * Another flag that must be on, or off, before this one is looked at. It may have none of its own:
 * what has is taken for unmet.
 */
export interface Prerequisite {
  key: string;
  /** Default: on. */
  isEnabled?: boolean;
  /** When given, it must also answer with one of these variants. */
  variants?: string[];
}

/** What of a flag decides its answers, and what a version of its history holds. */
export interface FlagRules {
  type: FlagType;
  valueType: ValueType;
  /** Whether its strategies are looked at; without it is off, but for overrides and plans. */
  isEnabled: boolean;
  /**
   * Off for everybody, above all overrides and plans. A flag of the type `kill-switch` is killed
   * by not being enabled, too.
   */
  isKilled: boolean;
  /** Of a global flag: whether tenants may put their own in its place, or override it. */
  isOverridable: boolean;
  /** Answered when it is on and no variant says otherwise. */
  onValue: FlagValue;
  /** Answered when it is off. */
  offValue: FlagValue;
  /** None: on for all, while it is enabled. */
  strategies: Strategy[];
  variants: Variant[];
  prerequisites: Prerequisite[];
}

/** A change of rules that takes effect at a time that was set before. */
export interface ScheduledChange {
  id: string;
  /** Unix milliseconds. */
  applyAtMs: number;
  change: Partial<FlagRules>;
}

/** A flag as the snapshot of a process holds it. */
export interface Flag extends FlagRules {
  id: string;
  key: string;
  version: number;
  /** Earliest first. */
  schedule: ScheduledChange[];
}

/** What one tenant set for one global flag. */
export interface Override {
  /** Of the flag. */
  key: string;
  isEnabled: boolean;
  /** The variant that all of the tenant get. */
  variant: string | null;
  /** Written by the platform, so it holds for a flag that tenants cannot override, too. */
  byPlatform: boolean;
}

/** The flags of everybody. */
export interface GlobalRules {
  /** Goes up by one with each change. */
  revision: number;
  flags: Flag[];
  segments: SegmentRules[];
  /** Keys of flags that each plan turns on, by the name of the plan. */
  plans: Record<string, string[]>;
}

/** What one tenant has of its own. */
export interface TenantRules {
  tenantId: string;
  /** Goes up by one with each change. */
  revision: number;
  flags: Flag[];
  segments: SegmentRules[];
  overrides: Override[];
  planType: string;
  /** In place of those of its plan. */
  planFeatures: string[] | null;
}

/** Who asks. `tenantId` is never taken from here; the tenant is that of the credential. */
export interface FlagContext {
  userId?: string;
  sessionId?: string;
  remoteAddress?: string;
  environment?: string;
  appName?: string;
  /** ISO 8601; now when it is left out. */
  currentTime?: string;
  properties?: Record<string, string | number | boolean | null | undefined>;
}

/** As OpenFeature's Remote Evaluation Protocol names them, and one for a key that is not there. */
export type Reason =
  | 'STATIC'
  | 'TARGETING_MATCH'
  | 'SPLIT'
  | 'DISABLED'
  | 'UNKNOWN'
  | 'FLAG_NOT_FOUND';

/** What decided. */
export type DecidedBy =
  | 'kill-switch'
  | 'override'
  | 'tenant-flag'
  | 'plan'
  | 'prerequisite'
  | 'strategy'
  | 'default';

/** The answer for one flag, one tenant and one context. */
export interface Evaluation {
  key: string;
  /** Null for a key that is not there. */
  flagId: string | null;
  isEnabled: boolean;
  /** False for a key that is not there. */
  value: FlagValue;
  /** Undefined when the flag has none, or is off. */
  variant?: string;
  reason: Reason;
}

/** Why the answer is what it is. */
export interface Explanation extends Evaluation {
  decidedBy: DecidedBy | null;
  scope: 'tenant' | 'global' | null;
  version: number | null;
  /** The strategy that let the caller in. */
  ruleId: string | null;
  /** Where the caller is from 0 to below 100, of the rollout that was looked at last. */
  bucket: number | null;
  revision: FlagsRevision;
}

/** What an answer is as new as. */
export interface FlagsRevision {
  global: number;
  tenant: number;
}

/**
 * The flags of one tenant, compiled: its own, those of everybody with its overrides, and what its
 * plan turns on. Immutable; asks nobody.
 */
export interface TenantFlags {
  readonly tenantId: string;
  readonly revision: FlagsRevision;
  /** `nowMs` is Unix time; changes that were scheduled for before it are in effect. */
  evaluate(key: string, context?: FlagContext, nowMs?: number): Evaluation;
  explain(key: string, context?: FlagContext, nowMs?: number): Explanation;
  /** Of all flags that the tenant sees, sorted. */
  keys(): readonly string[];
  /** How many scheduled changes are in effect; part of what tells two states of it apart. */
  changesInEffect(nowMs: number): number;
  /** When the next one takes effect, in Unix milliseconds; undefined when none waits. */
  nextChangeMs(nowMs: number): number | undefined;
}
