import { setTimeout as sleep } from 'node:timers/promises';
import type { Lifecycle } from '../../scripts/local/lifecycle.ts';
import type { BlackHoleCount, BlackHoleMessage, BlackHoleUrls } from '../programs/black-hole.ts';
import { startChild } from './children.ts';

/** Endpoints that take connections and never answer, in a process of their own. */
export interface BlackHole {
  /** So many more of them. */
  open(ports: number): Promise<string[]>;
  /** Resolves once they hold connections, to how many when there come no more. */
  untilHeld(): Promise<number>;
  /** How many they hold now. */
  count(): Promise<number>;
  /** Ends the connections. */
  cut(): Promise<void>;
}

const pollMs = 100;

export async function startBlackHole(lifecycle: Lifecycle): Promise<BlackHole> {
  const child = startChild(lifecycle, 'bench/programs/black-hole.ts');
  const ask = <Reply>(message: BlackHoleMessage) => child.ask<Reply>(message);
  const count = async () => (await ask<BlackHoleCount>({ kind: 'count' })).connections;
  return {
    open: async (ports) => (await ask<BlackHoleUrls>({ kind: 'open', ports })).urls,
    async untilHeld() {
      for (let before = 0; ; ) {
        await sleep(pollMs);
        const now = await count();
        if (now > 0 && now === before) return now;
        before = now;
      }
    },
    count,
    async cut() {
      await ask({ kind: 'cut' });
    },
  };
}
