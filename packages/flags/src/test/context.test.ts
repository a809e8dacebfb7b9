import fc from 'fast-check';
import t from 'tap';
import type { FlagContext, Operator } from '../model.ts';
import { flagOf, flagsOf, rolloutOf } from './rules.ts';

const isTenant = (tenantId: string, operator: Operator = 'IN') => [
  {
    ...{ id: 'rule', name: 'default' },
    constraints: [{ contextName: 'tenantId', operator, values: [tenantId] }],
  },
];

t.test('no context names another tenant', async (t) => {
  const flags = flagsOf({
    flags: [
      flagOf('theirs', { strategies: isTenant('other') }),
      flagOf('ours', { strategies: isTenant('own') }),
      flagOf('sticky', { strategies: [rolloutOf(50, { stickiness: 'tenantId' })] }),
    ],
  });
  const sticky = flags.evaluate('sticky').isEnabled;
  const text = fc.constantFrom('other', 'own', 'tenantId', '__proto__', 'x');
  const names = fc.constantFrom(
    'tenantId',
    'tenant',
    'TenantId',
    'properties',
    'userId',
    '__proto__',
  );
  const contexts = fc.record({
    userId: text,
    tenantId: text,
    properties: fc.dictionary(names, text),
  });
  fc.assert(
    fc.property(contexts, (context) => {
      const asked = context as FlagContext;
      return (
        !flags.evaluate('theirs', asked).isEnabled &&
        flags.evaluate('ours', asked).isEnabled &&
        flags.evaluate('sticky', asked).isEnabled === sticky
      );
    }),
    { numRuns: 10_000 },
  );
  t.pass('10000 contexts');
});

t.test('a pattern that is slow elsewhere is answered', async (t) => {
  const constraint = (value: string) => [
    {
      ...{ id: 'rule', name: 'default' },
      constraints: [{ contextName: 'userId', operator: 'REGEX' as const, value }],
    },
  ];
  const patterns = ['(a+)+$', '(a|aa)+$', '^(([a-z])+.)+[A-Z]([a-z])+$', '(.*a){20}'];
  for (const pattern of patterns) {
    const flags = flagsOf({ flags: [flagOf('it', { strategies: constraint(pattern) })] });
    const ask = (userId: string) => flags.evaluate('it', { userId }).isEnabled;
    ask('warm');
    const startedMs = performance.now();
    ask(`${'a'.repeat(900)}!`);
    t.comment(`${pattern}: ${(performance.now() - startedMs).toFixed(2)} ms`);
    t.equal(ask(`${'a'.repeat(100_000)}!`), false, 'no real value is so long');
  }
  const broken = flagsOf({ flags: [flagOf('it', { strategies: constraint('(') })] });
  t.equal(
    broken.evaluate('it', { userId: '(' }).isEnabled,
    false,
    'what is no pattern fits nothing',
  );
});
