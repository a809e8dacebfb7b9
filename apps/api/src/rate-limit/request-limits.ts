import { normalizeIP } from '@fastify/rate-limit';
import type { ApiSettings } from '@trellis/config/settings';
import type { CallContext } from '@trellis/core/context';
import type { KeptLimits } from '@trellis/domains/plans/kept-limits';
import type { TenantLimits } from '@trellis/domains/plans/repository';
import type { RouteWindow } from '@trellis/http/rate-limit';
import type { Limit } from '@trellis/limits/limit';
import type { FastifyRequest } from 'fastify';
import { type LimitSet, limitSet, policyOf } from './limit-set.ts';

/** Works out which limits hold for a request. */
export interface RequestLimits {
  /**
   * The tenant's for who is known, with one of the caller where that is lower; for all others that
   * of the address. Of what the window of the route has as its own, or without one of the general.
   */
  of(request: FastifyRequest, window?: RouteWindow): Promise<LimitSet>;
  /** The general one of all callers of a tenant; undefined when there is no such tenant. */
  ofTenant(tenantId: string): Promise<Limit | undefined>;
}

type Settings = Pick<
  ApiSettings,
  'RATE_LIMIT_WINDOW_MS' | 'RATE_LIMIT_ADDRESS_PER_MINUTE' | 'RATE_LIMIT_CALLER_PERCENT'
>;

/** The general window, which routes share that have none of their own. */
const general: RouteWindow = { name: '', times: 1 };

export function createRequestLimits(kept: KeptLimits, settings: Settings): RequestLimits {
  const windowMs = settings.RATE_LIMIT_WINDOW_MS;
  /** As long as they are kept, the limits of a tenant are one object, and so is what follows. */
  const tenantSets = new WeakMap<TenantLimits, Map<RouteWindow, LimitSet>>();
  const addressPolicies = new Map<RouteWindow, { name: string; max: number; policy: string }>();

  const maxOf = (perMinute: number, { times }: RouteWindow): number =>
    Math.max(1, Math.floor((perMinute * times * windowMs) / 60_000));

  const tenantSet = (tenant: TenantLimits, window: RouteWindow): LimitSet =>
    entryOf(
      entryOf(tenantSets, tenant, () => new Map<RouteWindow, LimitSet>()),
      window,
      () => {
        const max = maxOf(tenant.rateLimit, window);
        const name = window.name || 'tenant';
        return limitSet([{ name, key: keyIn(window, `t:${tenant.tenantId}`), max, windowMs }]);
      },
    );

  const withCaller = (request: FastifyRequest, tenant: TenantLimits, window: RouteWindow) => {
    const set = tenantSet(tenant, window);
    const share = (tenant.rateLimit * settings.RATE_LIMIT_CALLER_PERCENT) / 100;
    const perMinute = Math.min(share, request.keyRateLimit ?? share);
    if (!request.call || perMinute >= tenant.rateLimit) return set;
    const { name, key } = callerOf(request.call, window);
    return limitSet([...set.limits, { name, key, max: maxOf(perMinute, window), windowMs }]);
  };

  const ofAddress = ({ ip }: FastifyRequest, window: RouteWindow): LimitSet => {
    const { name, max, policy } = entryOf(addressPolicies, window, () => {
      const named = {
        name: window.name || 'address',
        max: maxOf(settings.RATE_LIMIT_ADDRESS_PER_MINUTE, window),
      };
      return { ...named, policy: policyOf({ ...named, windowMs }) };
    });
    return { limits: [{ name, key: keyIn(window, `a:${networkOf(ip)}`), max, windowMs }], policy };
  };

  return {
    async of(request, window = general) {
      const tenant = request.call ? await kept.get(request.call.tenantId) : undefined;
      return tenant ? withCaller(request, tenant, window) : ofAddress(request, window);
    },
    async ofTenant(tenantId) {
      const tenant = await kept.get(tenantId);
      return tenant && tenantSet(tenant, general).limits[0];
    },
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

/** Of IPv6 the /64. A connection that is gone already has no address. */
function networkOf(ip: string | undefined): string {
  return ip === undefined ? 'unknown' : normalizeIP(ip);
}

interface Entries<Key, Value> {
  get(key: Key): Value | undefined;
  set(key: Key, value: Value): unknown;
}

function entryOf<Key, Value>(entries: Entries<Key, Value>, key: Key, make: () => Value): Value {
  const known = entries.get(key);
  if (known !== undefined) return known;
  const made = make();
  entries.set(key, made);
  return made;
}
