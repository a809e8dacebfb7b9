import type { Constraint, Flag, FlagValue, SegmentRules, Strategy, Variant } from './model.ts';

/** What the client API of Unleash answers (`GET /api/client/features`). */
export interface UnleashFeatures {
  features: UnleashFeature[];
  segments?: { id: number | string; constraints?: Constraint[] }[];
}

export interface UnleashFeature {
  name: string;
  enabled: boolean;
  strategies?: UnleashStrategy[];
  variants?: UnleashVariant[];
  dependencies?: { feature: string; enabled?: boolean; variants?: string[] }[];
}

interface UnleashStrategy extends Omit<Strategy, 'id' | 'segments' | 'variants'> {
  segments?: (number | string)[];
  variants?: UnleashVariant[];
}

interface UnleashVariant extends Omit<Variant, 'value'> {
  payload?: { type: string; value: string };
}

/** The same rules as flags of ours; the payload of a variant becomes its value. */
export function fromUnleash({ features, segments = [] }: UnleashFeatures): {
  flags: Flag[];
  segments: SegmentRules[];
} {
  return {
    flags: features.map(flagOf),
    segments: segments.map(({ id, constraints = [] }) => ({ id: String(id), constraints })),
  };
}

function flagOf({ name, enabled, ...feature }: UnleashFeature): Flag {
  return {
    ...{ id: name, key: name, version: 1, schedule: [], type: 'release', valueType: 'boolean' },
    ...{ isEnabled: enabled, isKilled: false, isOverridable: true, onValue: true, offValue: false },
    strategies: (feature.strategies ?? []).map(strategyOf),
    variants: (feature.variants ?? []).map(variantOf),
    prerequisites: (feature.dependencies ?? []).map(({ feature: key, enabled: is, variants }) => ({
      key,
      isEnabled: is ?? true,
      ...(variants && { variants }),
    })),
  };
}

function strategyOf({ segments, variants, ...rest }: UnleashStrategy, index: number): Strategy {
  return {
    ...rest,
    id: String(index + 1),
    ...(segments && { segments: segments.map(String) }),
    ...(variants && { variants: variants.map(variantOf) }),
  };
}

function variantOf({ payload, ...rest }: UnleashVariant): Variant {
  return payload ? { ...rest, value: readPayload(payload) } : rest;
}

function readPayload({ type, value }: { type: string; value: string }): FlagValue {
  if (type === 'number') return Number(value);
  return type === 'json' ? (JSON.parse(value) as FlagValue) : value;
}
