import type { ApiSettings } from '@trellis/config/settings';
import type { CallContext } from '@trellis/core/context';
import type { KeptLimits } from '@trellis/domains/plans/kept-limits';
import type { TenantLimits } from '@trellis/domains/plans/repository';
import type { RouteWindow } from '@trellis/http/rate-limit';
import type { Limit } from '@trellis/limits/limit';
import type { FastifyRequest } from 'fastify';
import { type LimitSet, limitSet, policyOf } from './limit-set.ts';
import { createNetworkOf } from './network-of.ts';
import { spanOf } from './span-of.ts';

/** Works out which limits hold for a request. */
export interface RequestLimits {
  /**
   * The tenant's for who is known, with one of the caller where that is lower; for all others that
   * of the address. Of what the window of the route has as its own, or without one of the general.
   */
  of(request: FastifyRequest, window?: RouteWindow): Promise<LimitSet>;
  /** The same without a promise; undefined when the limits of the tenant have to be read. */
  now(request: FastifyRequest, window?: RouteWindow): LimitSet | undefined;
  /** Of the address for what is refused, so that this uses up nothing of those who are behind it. */
  ofRefused(request: FastifyRequest): LimitSet;
  /** The general one of all callers of a tenant; undefined when there is no such tenant. */
  ofTenant(tenantId: string): Promise<Limit | undefined>;
}

type Settings = Pick<
  ApiSettings,
  'RATE_LIMIT_WINDOW_MS' | 'RATE_LIMIT_ADDRESS_PER_MINUTE' | 'RATE_LIMIT_CALLER_PERCENT'
>;

/** The general window, which routes share that have none of their own. */
const general: RouteWindow = { name: '', times: 1 };
/** Where a credential that is refused counts, and a path that is not there. */
const refused: RouteWindow = { name: 'refused', times: 1 };

export function createRequestLimits(kept: KeptLimits, settings: Settings): RequestLimits {
  const { RATE_LIMIT_ADDRESS_PER_MINUTE: addressPerMinute } = settings;
  const ofAddress = createAddressSets(settings);
  const tenantSet = createTenantSets(settings);

  const withCaller = (
    { keyRateLimit }: FastifyRequest,
    call: CallContext,
    tenant: TenantLimits,
    window: RouteWindow,
  ): LimitSet => {
    const largest = Math.max(addressPerMinute, tenant.rateLimit);
    const share = window.isPerCaller
      ? largest
      : (tenant.rateLimit * settings.RATE_LIMIT_CALLER_PERCENT) / 100;
    const perMinute = Math.min(share, keyRateLimit ?? share);
    const all = window.isPerCaller ? undefined : tenantSet(tenant, window);
    if (all && perMinute >= tenant.rateLimit) return all;
    const span = spanOf(perMinute, window, settings);
    return limitSet([...(all?.limits ?? []), { ...callerOf(call, window), ...span }]);
  };

  return {
    async of(request, window = general) {
      const { call } = request;
      const tenant = call ? await kept.get(call.tenantId) : undefined;
      return call && tenant
        ? withCaller(request, call, tenant, window)
        : ofAddress(request.ip, window);
    },
    now(request, window = general) {
      const { call } = request;
      if (!call) return ofAddress(request.ip, window);
      const tenant = kept.peek(call.tenantId);
      return tenant && withCaller(request, call, tenant, window);
    },
    ofRefused: ({ ip }) => ofAddress(ip, refused),
    async ofTenant(tenantId) {
      const tenant = await kept.get(tenantId);
      return tenant && tenantSet(tenant, general).limits[0];
    },
  };
}

/** As long as they are kept, the limits of a tenant are one object, and so is what follows. */
function createTenantSets(settings: Settings) {
  const known = new WeakMap<TenantLimits, Map<RouteWindow, LimitSet>>();
  return (tenant: TenantLimits, window: RouteWindow): LimitSet => {
    const set = known.get(tenant)?.get(window);
    if (set) return set;
    const span = spanOf(tenant.rateLimit, window, settings);
    const key = keyIn(window, `t:${tenant.tenantId}`);
    const made = limitSet([{ name: window.name || 'tenant', key, ...span }]);
    const sets = known.get(tenant) ?? new Map<RouteWindow, LimitSet>();
    known.set(tenant, sets.set(window, made));
    return made;
  };
}

function createAddressSets(settings: Settings) {
  const networkOf = createNetworkOf();
  const known = new Map<RouteWindow, { limit: Omit<Limit, 'key'>; policy: string }>();
  const describe = (window: RouteWindow) => {
    const span = spanOf(settings.RATE_LIMIT_ADDRESS_PER_MINUTE, window, settings);
    const limit = { name: window.name || 'address', ...span };
    const described = { limit, policy: policyOf(limit) };
    known.set(window, described);
    return described;
  };
  return (ip: string | undefined, window: RouteWindow): LimitSet => {
    const { limit, policy } = known.get(window) ?? describe(window);
    return { limits: [{ ...limit, key: keyIn(window, `a:${networkOf(ip)}`) }], policy };
  };
}

/** A person can be in several tenants, and uses up nothing of one in another. */
function callerOf({ actor, tenantId }: CallContext, window: RouteWindow) {
  const isKey = actor.type === 'api_key';
  const kind = isKey ? 'key' : 'user';
  return {
    name: window.name ? `${window.name}-${kind}` : kind,
    key: keyIn(window, isKey ? `k:${actor.id}` : `u:${tenantId}:${actor.id}`),
  };
}

const keyIn = ({ name }: RouteWindow, key: string): string => (name ? `${key}:${name}` : key);
