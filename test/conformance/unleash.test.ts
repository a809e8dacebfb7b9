import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { compileGlobals, compileTenant } from '@trellis/flags/compile-rules';
import {
  fromUnleash,
  type UnleashFeature,
  type UnleashFeatures,
} from '@trellis/flags/from-unleash';
import { joinFlags } from '@trellis/flags/join-flags';
import type { FlagContext, TenantFlags } from '@trellis/flags/model';
import t from 'tap';

/** Of @unleash/client-specification: what every client of Unleash has to answer. */
interface Specification {
  name: string;
  state: UnleashFeatures | { events: Delta[] };
  tests?: Case<boolean>[];
  variantTests?: Case<ExpectedVariant>[];
}

interface Case<Expected> {
  description: string;
  context: FlagContext;
  toggleName: string;
  expectedResult: Expected;
}

interface ExpectedVariant {
  name: string;
  enabled: boolean;
  feature_enabled: boolean;
  payload?: { type: string; value: string };
}

/** A change of the state, as Unleash streams them. */
interface Delta {
  type: string;
  features?: UnleashFeature[];
  segments?: { id: number }[];
  feature?: UnleashFeature;
  featureName?: string;
  segment?: { id: number };
  segmentId?: number;
}

const casesMin = 279;
const folder = join(
  dirname(fileURLToPath(import.meta.resolve('@unleash/client-specification/package.json'))),
  'specifications',
);

function stateOf({ state }: Specification): UnleashFeatures {
  if ('features' in state) return state;
  const features = new Map<string, UnleashFeature>();
  const segments = new Map<number, { id: number }>();
  for (const event of state.events) {
    for (const feature of [event.features ?? [], event.feature ?? []].flat()) {
      features.set(feature.name, feature);
    }
    for (const segment of [event.segments ?? [], event.segment ?? []].flat()) {
      segments.set(segment.id, segment);
    }
    features.delete(event.featureName ?? '');
    segments.delete(event.segmentId ?? -1);
  }
  return { features: [...features.values()], segments: [...segments.values()] };
}

function flagsOf(specification: Specification): TenantFlags {
  const globals = compileGlobals({
    ...{ revision: 1, plans: {} },
    ...fromUnleash(stateOf(specification)),
  });
  const tenant = compileTenant(
    {
      ...{ tenantId: 'a-tenant', revision: 1, flags: [], segments: [], overrides: [] },
      ...{ planType: 'free', planFeatures: null },
    },
    globals,
  );
  return joinFlags(globals, tenant);
}

function variantOf(
  flags: TenantFlags,
  { toggleName, context, expectedResult }: Case<ExpectedVariant>,
) {
  const { isEnabled, variant, value } = flags.evaluate(toggleName, context);
  if (variant === undefined) {
    return { name: 'disabled', enabled: false, feature_enabled: isEnabled };
  }
  const { payload } = expectedResult;
  const written = typeof value === 'string' ? value : JSON.stringify(value);
  return {
    ...{ name: variant, enabled: true, feature_enabled: isEnabled },
    ...(payload && { payload: { type: payload.type, value: written } }),
  };
}

t.test('the published cases of Unleash', async (t) => {
  let cases = 0;
  for (const file of readdirSync(folder).filter((name) => /^\d.*\.json$/.test(name))) {
    const specification = JSON.parse(readFileSync(join(folder, file), 'utf8')) as Specification;
    const { tests = [], variantTests = [] } = specification;
    cases += tests.length + variantTests.length;
    await t.test(specification.name, async (t) => {
      const flags = flagsOf(specification);
      for (const { description, context, toggleName, expectedResult } of tests) {
        t.equal(flags.evaluate(toggleName, context).isEnabled, expectedResult, description);
      }
      for (const each of variantTests) {
        t.same(variantOf(flags, each), each.expectedResult, each.description);
      }
    });
  }
  t.comment(`${cases} cases`);
  t.ok(cases >= casesMin, `${cases} cases`);
});
