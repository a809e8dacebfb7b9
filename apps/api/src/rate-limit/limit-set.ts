import type { Limit, LimitState, Verdict } from '@trellis/limits/limit';

/** The limits that one request is held against, and how it is told of them. */
export interface LimitSet {
  limits: readonly Limit[];
  /** The value of `RateLimit-Policy`. */
  policy: string;
}

/** What became of a request. */
export interface Counted {
  set: LimitSet;
  verdict: Verdict;
  /** Of the limits the one that binds: which refused it, or of which the smallest share is left. */
  nearest: { limit: Limit; state: LimitState };
}

export function limitSet(limits: readonly Limit[]): LimitSet {
  return { limits, policy: limits.map(policyOf).join(', ') };
}

/** Name, quota and window in whole seconds (draft-ietf-httpapi-ratelimit-headers-10, 3). */
export function policyOf({ name, max, windowMs }: Omit<Limit, 'key'>): string {
  return `"${name}";q=${max};w=${seconds(windowMs)}`;
}

/** The value of `RateLimit`: what remains, and after how many seconds all is there again (4). */
export function stateField({ limits }: LimitSet, { states }: Verdict): string {
  let field = '';
  for (const [index, { name }] of limits.entries()) {
    const { remaining = 0, resetMs = 0 } = states[index] ?? {};
    field += `${index === 0 ? '' : ', '}"${name}";r=${remaining};t=${seconds(resetMs)}`;
  }
  return field;
}

/** After how many whole seconds, at least one, what was refused may fit. */
export function retryAfterSeconds({ verdict }: Counted): number {
  return Math.max(1, ...verdict.states.map(({ retryMs }) => seconds(retryMs)));
}

export function countedOf(set: LimitSet, verdict: Verdict): Counted {
  const [first, ...others] = set.limits;
  const [firstState, ...otherStates] = verdict.states;
  if (!first || !firstState) throw new Error('a request is held against one limit at least');
  let nearest = { limit: first, state: firstState };
  for (const [index, limit] of others.entries()) {
    const state = otherStates[index];
    if (state && isNearer({ limit, state }, nearest)) nearest = { limit, state };
  }
  return { set, verdict, nearest };
}

function isNearer(one: Counted['nearest'], other: Counted['nearest']): boolean {
  if (one.state.retryMs !== other.state.retryMs) return one.state.retryMs > other.state.retryMs;
  return one.state.remaining / one.limit.max < other.state.remaining / other.limit.max;
}

/** Whole ones, so that nobody comes too early. */
export function seconds(milliseconds: number): number {
  return Math.ceil(milliseconds / 1_000);
}
