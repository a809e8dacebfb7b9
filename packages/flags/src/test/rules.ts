import { compileGlobals, compileTenant } from '../compile-rules.ts';
import { joinFlags } from '../join-flags.ts';
import type { Flag, GlobalRules, Strategy, TenantFlags, TenantRules } from '../model.ts';

export function flagOf(key: string, rules: Partial<Flag> = {}): Flag {
  return {
    ...{ id: `id of ${key}`, key, version: 1, schedule: [], type: 'release', valueType: 'boolean' },
    ...{ isEnabled: true, isKilled: false, isOverridable: true, onValue: true, offValue: false },
    ...{ strategies: [], variants: [], prerequisites: [] },
    ...rules,
  };
}

export const rolloutOf = (
  rollout: number | string,
  parameters: Record<string, string> = {},
): Strategy => ({
  ...{ id: 'rollout', name: 'flexibleRollout' },
  parameters: { rollout: String(rollout), stickiness: 'userId', ...parameters },
});

/** The flags of one tenant, of what it has of its own and what everybody has. */
export function flagsOf(global: Partial<GlobalRules>, own: Partial<TenantRules> = {}): TenantFlags {
  const globals = compileGlobals({
    ...{ revision: 1, flags: [], segments: [], plans: {} },
    ...global,
  });
  const tenant = {
    ...{ tenantId: 'own', revision: 1, flags: [], segments: [], overrides: [] },
    ...{ planType: 'free', planFeatures: null },
    ...own,
  };
  return joinFlags(globals, compileTenant(tenant, globals));
}
