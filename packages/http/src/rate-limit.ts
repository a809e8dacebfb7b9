/**
 * A window of its own in place of the general one, so that neither eats up the other: `times` as
 * large as that, whether it is the tenant's or that of an address.
 */
export interface RouteWindow {
  name: string;
  times: number;
}

/**
 * How a route counts against the limits: those of the tenant and the caller, or without a
 * credential that of the address. A route that declares nothing costs 1 of the general window;
 * `false` is for what operators ask for.
 */
export interface RouteCost {
  /** How much of the window one request uses up. */
  cost?: number;
  /** That it counts in, rather than in the general one. */
  window?: RouteWindow;
}

const window = (name: string, times: number): RouteCost => ({ window: { name, times } });

/** How routes count that do not cost 1 of the general window. */
export const routeCosts = {
  /** What applications do all day long, one request for each thing that happens. */
  publish: window('publish', 10),
  /** Where a password, a code or the token of a link is tried. */
  login: window('login', 0.1),
  register: window('register', 0.1),
  /** What sends a mail. */
  mail: window('mail', 0.1),
  /** What reads much more than a page. */
  heavy: { cost: 10 } satisfies RouteCost,
};
