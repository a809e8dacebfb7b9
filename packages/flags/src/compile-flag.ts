import { type CompiledStrategy, compileStrategy, type Segments } from './compile-strategy.ts';
import { compileVariants, type Variants } from './compile-variants.ts';
import type { Evaluation, Flag, Reason, Variant } from './model.ts';

/** A flag whose rules are closures, and whose answers are made once. */
export interface CompiledFlag {
  flag: Flag;
  isKilled: boolean;
  strategies: readonly CompiledStrategy[];
  variants: Variants | undefined;
  /** The rules from the time on that their change was scheduled for. */
  next: { atMs: number; flag: CompiledFlag } | undefined;
  off(reason: Reason): Evaluation;
  on(variant: Variant | undefined, reason: Reason): Evaluation;
}

export function compileFlag(flag: Flag, segments: Segments): CompiledFlag {
  const [change, ...later] = flag.schedule;
  const { key } = flag;
  return {
    flag,
    isKilled: flag.isKilled || (flag.type === 'kill-switch' && !flag.isEnabled),
    strategies: flag.strategies.flatMap((each) => compileStrategy(each, key, segments) ?? []),
    variants: compileVariants(key, flag.variants),
    next: change && {
      atMs: change.applyAtMs,
      flag: compileFlag({ ...flag, ...change.change, schedule: later }, segments),
    },
    ...answersOf(flag),
  };
}

/** What is in effect at a time. */
export function atTime(flag: CompiledFlag | undefined, nowMs: number): CompiledFlag | undefined {
  let current = flag;
  while (current?.next && current.next.atMs <= nowMs) current = current.next.flag;
  return current;
}

function answersOf({ id: flagId, key, onValue, offValue }: Flag) {
  const offs = new Map<Reason, Evaluation>();
  const ons = new Map<Variant | undefined, Map<Reason, Evaluation>>();
  return {
    off: (reason: Reason): Evaluation =>
      offs.get(reason) ??
      keep(offs, reason, { key, flagId, isEnabled: false, value: offValue, reason }),
    on(variant: Variant | undefined, reason: Reason): Evaluation {
      const byReason = ons.get(variant) ?? keep(ons, variant, new Map<Reason, Evaluation>());
      const known = byReason.get(reason);
      if (known) return known;
      const value = variant?.value ?? onValue;
      const named = variant && { variant: variant.name };
      return keep(byReason, reason, { key, flagId, isEnabled: true, value, ...named, reason });
    },
  };
}

function keep<Key, Value extends object>(map: Map<Key, Value>, key: Key, value: Value): Value {
  map.set(key, Object.freeze(value));
  return value;
}
