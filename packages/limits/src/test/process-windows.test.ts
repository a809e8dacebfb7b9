import t from 'tap';
import { createProcessWindows } from '../process-windows.ts';

const windowMs = 64_000;
const limitOf = (key: string) => ({ name: 'any', key, max: 1, windowMs });

t.test('so many of one kind push out none of another', async (t) => {
  const windows = createProcessWindows(100);
  t.equal(windows.take([limitOf('t:tenant')], 1, 0).isAllowed, true);
  for (let index = 0; index < 1_000; index++) windows.take([limitOf(`a:${index}`)], 1, index);
  t.equal(windows.take([limitOf('t:tenant')], 1, 1_000).isAllowed, false);
  t.equal(windows.take([limitOf('a:999')], 1, 1_000).isAllowed, false, 'the last are known');
  t.equal(windows.take([limitOf('a:0')], 1, 1_000).isAllowed, true, 'the first made room');
});

t.test('a request counts against all of its limits or against none', async (t) => {
  const windows = createProcessWindows(100);
  windows.take([limitOf('t:one')], 1, 0);
  const verdict = windows.take([limitOf('t:one'), limitOf('k:other')], 1, 10);
  t.equal(verdict.isAllowed, false);
  t.same(
    verdict.states.map(({ remaining }) => remaining),
    [0, 1],
    'and the other was not counted',
  );
});
