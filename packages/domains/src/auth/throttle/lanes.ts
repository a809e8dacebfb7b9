/** Runs a work when its turn has come among those of the same key. */
export type InLane = <Result>(key: string, work: () => Promise<Result>) => Promise<Result>;

/** At most `width` works of one key run at a time in this process; the others wait in line. */
export function createLanes(width: number): InLane {
  const lanes = new Map<string, { running: number; waiting: (() => void)[] }>();
  return async (key, work) => {
    const lane = lanes.get(key) ?? { running: 0, waiting: [] };
    lanes.set(key, lane);
    if (lane.running < width) lane.running++;
    else await new Promise<void>((resolve) => lane.waiting.push(resolve));
    try {
      return await work();
    } finally {
      // The place is handed on rather than given back, so that nobody who comes now takes it.
      const next = lane.waiting.shift();
      if (next) next();
      else if (--lane.running === 0) lanes.delete(key);
    }
  };
}
