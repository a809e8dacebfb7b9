import type { CallContext } from '@trellis/core/context';
import { eventually } from '@trellis/test/eventually';
import t from 'tap';
import { boundDenials } from '../denial-bound.ts';

const callOf = (id: string, requestId: string): CallContext => ({
  tenantId: 'tenant',
  actor: { type: 'user', id },
  permissions: new Set(),
  sessionId: null,
  requestId,
  ip: null,
  userAgent: null,
});

function open(windowMs: number) {
  const written: [string, number][] = [];
  const bound = boundDenials({
    entriesMax: 3,
    windowMs,
    callersMax: 2,
    writeSuppressed: async ({ requestId }, count) => void written.push([requestId, count]),
  });
  return { written, bound };
}

t.test('beyond so many, the refusals of a caller are counted and written as one', async (t) => {
  const { written, bound } = open(3_600_000);
  const admitted = [1, 2, 3, 4, 5].map((number) => bound.admit(callOf('a', `r${number}`)));
  t.same(admitted, [true, true, true, false, false]);
  t.ok(bound.admit(callOf('b', 'other')), 'another caller has a number of their own');
  for (let call = 0; call < 5; call++) t.ok(bound.admit(callOf('c', 'x')), 'too many to count');
  t.same(written, []);
  await bound.close();
  t.same(written, [['r5', 2]], 'none is lost at the end');
  await bound.close();
  t.equal(written.length, 1, 'and none is told of twice');
});

t.test('a caller begins anew once the window has passed', async (t) => {
  const { written, bound } = open(50);
  t.teardown(() => bound.close());
  for (let call = 1; call <= 5; call++) bound.admit(callOf('a', `r${call}`));
  // The timer does not keep the process, but this does.
  await eventually(async () => written.length > 0);
  t.same(
    written.map(([, count]) => count),
    [2],
  );
  t.ok(bound.admit(callOf('a', 'r6')));
});
