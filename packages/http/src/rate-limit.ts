/**
 * How a route counts against the limits: those of the tenant and the caller, or without a
 * credential that of the address. A route that declares nothing costs 1 of the general window;
 * `false` is for what operators ask for.
 */
export interface RouteCost {
  /** How much of the window one request uses up. */
  cost?: number;
  /**
   * A window of its own in place of the general one, so that neither eats up the other: `times` as
   * large as that, whether it is the tenant's or that of an address.
   */
  window?: { name: string; times: number };
}
