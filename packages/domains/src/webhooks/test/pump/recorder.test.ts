import { eventually } from '@trellis/test/eventually';
import t from 'tap';
import { createRecorder } from '../../pump/recorder.ts';
import { openOutbox, outcomeOf } from './open-outbox.ts';

const log = { warn() {}, error() {} };
const circuit = { failures: 100, probeMs: 60_000 };
const ticksMax = 15;

t.test('an outcome that comes just when all others are written is not left behind', async (t) => {
  const { db, subscribe, publish, claim, deliveries } = await openOutbox(t);
  await subscribe();
  await publish(Array.from({ length: 2 * ticksMax }, () => undefined));
  const outcomes = (await claim()).deliveries.map((one) => outcomeOf(one, 'delivered'));
  for (let ticks = 0; ticks < ticksMax; ticks++) {
    const [first, second] = outcomes.slice(2 * ticks);
    if (!first || !second) throw new Error('too few were claimed');
    let isFirst = true;
    const recorder = createRecorder({
      db,
      log,
      circuit,
      onRecorded: () => {
        if (isFirst) void addAfter(ticks);
        isFirst = false;
      },
      onFreed: () => {},
    });
    const addAfter = async (left: number): Promise<void> => {
      for (let tick = 0; tick < left; tick++) await undefined;
      recorder.add(second);
    };
    recorder.add(first);
  }
  await eventually(async () => (await deliveries()).every(({ status }) => status === 'delivered'));
  t.pass('however soon behind the write');
});
