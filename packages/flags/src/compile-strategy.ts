import { hostname } from 'node:os';
import { compileAddresses } from './addresses.ts';
import { positionOf } from './bucket.ts';
import { compileConstraint } from './compile-constraint.ts';
import { compileVariants, type Variants } from './compile-variants.ts';
import { stickyIdOf, type Test } from './context.ts';
import type { FlagContext, SegmentRules, Strategy } from './model.ts';

export interface CompiledStrategy {
  id: string;
  /** All of these must hold; none is asked for where there are none. */
  targets: readonly Test[];
  rollout: Rollout | undefined;
  variants: Variants | undefined;
}

export interface Rollout {
  /** Who is below it is in. */
  percent: number;
  /** From 0 to below 100; undefined for a context that lacks what keeps it in place. */
  positionOf(context: FlagContext, tenantId: string): number | undefined;
}

/** By their ids. */
export type Segments = ReadonlyMap<string, readonly Test[]>;

export function compileSegments(segments: readonly SegmentRules[]): Segments {
  return new Map(segments.map(({ id, constraints }) => [id, constraints.map(compileConstraint)]));
}

/** A strategy or a segment that is not known lets nobody in. */
export function compileStrategy(
  strategy: Strategy,
  key: string,
  segments: Segments,
): CompiledStrategy | undefined {
  if (strategy.disabled) return undefined;
  const { parameters = {} } = strategy;
  const shared = (strategy.segments ?? []).map((id) => segments.get(id));
  const kind = kinds[strategy.name]?.(parameters, key);
  if (!kind || shared.includes(undefined)) return undefined;
  const constraints = (strategy.constraints ?? []).map(compileConstraint);
  return {
    id: strategy.id,
    targets: [...constraints, ...shared.flatMap((tests) => tests ?? []), ...(kind.targets ?? [])],
    rollout: kind.rollout,
    variants: compileVariants(
      parameters.groupId || key,
      strategy.variants ?? [],
      parameters.stickiness,
    ),
  };
}

interface Kind {
  targets?: Test[];
  rollout?: Rollout;
}
type Parameters = Record<string, string>;

const kinds: Record<string, (parameters: Parameters, key: string) => Kind> = {
  default: () => ({}),
  userWithId: ({ userIds = '' }) => {
    const ids = new Set(listOf(userIds));
    return { targets: [({ userId }) => userId !== undefined && ids.has(userId)] };
  },
  remoteAddress: ({ IPs = '' }) => {
    const isListed = compileAddresses(listOf(IPs));
    return { targets: [({ remoteAddress = '' }) => isListed(remoteAddress)] };
  },
  applicationHostname: ({ hostNames = '' }) => {
    const own = (process.env.HOSTNAME || hostname()).toLowerCase();
    const isListed = listOf(hostNames.toLowerCase()).includes(own);
    return { targets: [() => isListed] };
  },
  flexibleRollout: ({ rollout, groupId, stickiness }, key) => ({
    rollout: rolloutOf(rollout, groupId || key, stickiness || 'default'),
  }),
  gradualRolloutUserId: ({ percentage, groupId = '' }) => ({
    rollout: rolloutOf(percentage, groupId, 'userId'),
  }),
  gradualRolloutSessionId: ({ percentage, groupId = '' }) => ({
    rollout: rolloutOf(percentage, groupId, 'sessionId'),
  }),
  gradualRolloutRandom: ({ percentage }) => ({ rollout: rolloutOf(percentage, '', 'random') }),
};

const listOf = (text: string): string[] => text.split(',').map((each) => each.trim());

function rolloutOf(percent: string | undefined, groupId: string, stickiness: string): Rollout {
  return {
    percent: Number(percent) || 0,
    positionOf(context, tenantId) {
      const id = stickyIdOf(context, stickiness, tenantId);
      return id === undefined ? undefined : positionOf(groupId, id);
    },
  };
}
