import t from 'tap';
import type { Flag } from '../model.ts';
import { flagOf, flagsOf } from './rules.ts';

const inOrOut = (isIn: boolean) => [
  {
    ...{ id: 'rule', name: 'default' },
    constraints: [
      { contextName: 'userId', operator: 'IN' as const, values: [isIn ? 'me' : 'you'] },
    ],
  },
];
const strategies = { none: [], in: inOrOut(true), out: inOrOut(false) };
const booleans = [true, false];
const maybe = [undefined, true, false];

/** The sentence of the documentation, read from left to right. */
function expected(state: {
  isKilled: boolean;
  isOverridable: boolean;
  own: boolean | undefined;
  override: boolean | undefined;
  byPlatform: boolean;
  plan: boolean;
  isEnabled: boolean;
  strategy: keyof typeof strategies;
}): boolean {
  if (state.isKilled) return false;
  if (state.own !== undefined && state.isOverridable) return state.own;
  const overrides = state.isOverridable || state.byPlatform;
  if (state.override !== undefined && overrides) return state.override;
  if (state.plan) return true;
  return state.isEnabled && state.strategy !== 'out';
}

t.test('kill switch, own flag, override, plan, rules, default: in every combination', async (t) => {
  let states = 0;
  for (const isKilled of booleans)
    for (const isOverridable of booleans)
      for (const own of maybe)
        for (const override of maybe)
          for (const byPlatform of booleans)
            for (const plan of booleans)
              for (const isEnabled of booleans)
                for (const strategy of Object.keys(strategies) as (keyof typeof strategies)[]) {
                  const state = {
                    ...{ isKilled, isOverridable, own, override, byPlatform, plan },
                    ...{ isEnabled, strategy },
                  };
                  const rules: Partial<Flag> = {
                    ...{ isKilled, isOverridable, isEnabled },
                    strategies: strategies[strategy],
                  };
                  const flags = flagsOf(
                    { flags: [flagOf('it', rules)], plans: { free: plan ? ['it'] : [] } },
                    {
                      flags: own === undefined ? [] : [flagOf('it', { isEnabled: own })],
                      overrides:
                        override === undefined
                          ? []
                          : [{ key: 'it', isEnabled: override, variant: null, byPlatform }],
                    },
                  );
                  const answer = flags.evaluate('it', { userId: 'me' });
                  const explained = flags.explain('it', { userId: 'me' });
                  states += 1;
                  if (
                    answer.isEnabled !== expected(state) ||
                    answer.value !== answer.isEnabled ||
                    explained.isEnabled !== answer.isEnabled
                  ) {
                    t.fail(JSON.stringify({ state, answer, explained }));
                  }
                }
  t.equal(states, 864);
});

t.test('a flag of the type kill-switch is killed by not being enabled', async (t) => {
  const overrides = [{ key: 'it', isEnabled: true, variant: null, byPlatform: true }];
  const killed = flagOf('it', { type: 'kill-switch', isEnabled: false });
  t.equal(flagsOf({ flags: [killed] }, { overrides }).evaluate('it').isEnabled, false);
  const off = flagOf('it', { isEnabled: false });
  t.equal(flagsOf({ flags: [off] }, { overrides }).evaluate('it').isEnabled, true);
});

t.test('what is not there is off', async (t) => {
  t.same(flagsOf({ plans: { free: ['it'] } }).evaluate('it'), {
    ...{ key: 'it', flagId: null, isEnabled: false, value: false, reason: 'FLAG_NOT_FOUND' },
  });
});

t.test('a scheduled change is in effect at its time, and not before', async (t) => {
  const schedule = [{ id: 'one', applyAtMs: 1_000, change: { isEnabled: false } }];
  const flags = flagsOf({ flags: [flagOf('it', { schedule })] });
  t.equal(flags.evaluate('it', {}, 999).isEnabled, true);
  t.equal(flags.evaluate('it', {}, 1_000).isEnabled, false);
  t.same([flags.changesInEffect(999), flags.changesInEffect(1_000)], [0, 1]);
  t.same([flags.nextChangeMs(999), flags.nextChangeMs(1_000)], [1_000, undefined]);
});

t.test('prerequisites', async (t) => {
  const needs = (key: string) => [{ key }];
  const flags = flagsOf({
    flags: [
      flagOf('on'),
      flagOf('off', { isEnabled: false }),
      flagOf('of on', { prerequisites: needs('on') }),
      flagOf('of off', { prerequisites: needs('off') }),
      flagOf('unless off', { prerequisites: [{ key: 'off', isEnabled: false }] }),
      flagOf('of nothing', { prerequisites: needs('nothing') }),
      flagOf('of of on', { prerequisites: needs('of on') }),
      flagOf('one', { prerequisites: needs('other') }),
      flagOf('other', { prerequisites: needs('one') }),
    ],
  });
  const isOn = (key: string) => flags.evaluate(key).isEnabled;
  t.same(['of on', 'unless off'].map(isOn), [true, true]);
  t.same(['of off', 'of nothing', 'of of on'].map(isOn), [false, false, false]);
  t.equal(flags.evaluate('one').reason, 'UNKNOWN', 'a circle is off, and ends');
});
