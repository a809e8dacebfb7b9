import { setTimeout as wait } from 'node:timers/promises';
import type { ApiProcess } from '@trellis/test/processes';
import type { Account } from '@trellis/test/sign-up';

/** One request, by the clock of the test. */
export interface Call {
  sentMs: number;
  receivedMs: number;
  status: number;
  /** Which process was asked. */
  process: number;
}

export interface Load {
  apis: readonly Pick<ApiProcess, 'request'>[];
  account: Pick<Account, 'token'>;
}

/** A read that takes nothing but memory, of one process after the other. */
export function createCaller({ apis, account }: Load) {
  const calls: Call[] = [];
  let next = 0;
  const call = async (): Promise<Call> => {
    const process = next++ % apis.length;
    const sentMs = performance.now();
    const reply = await apis[process]?.request('GET', '/auth/me', { token: account.token });
    const done = { sentMs, receivedMs: performance.now(), status: reply?.status ?? 0, process };
    calls.push(done);
    return done;
  };
  const burst = (count: number) => Promise.all(Array.from({ length: count }, call));
  return { calls, call, burst };
}

export const accepted = (calls: readonly Call[]) => calls.filter(({ status }) => status === 200);

/**
 * The most that was accepted in any interval of that length: of each request it is only known that
 * it was counted between being sent and being answered, so those count that lie wholly within.
 */
export function mostWithin(calls: readonly Call[], intervalMs: number): number {
  const allowed = accepted(calls);
  const sums = allowed.map(
    ({ sentMs: fromMs }) =>
      allowed.filter((each) => each.sentMs >= fromMs && each.receivedMs <= fromMs + intervalMs)
        .length,
  );
  return Math.max(0, ...sums);
}

type Caller = ReturnType<typeof createCaller>;

/** Ways of asking for more than is allowed, until `untilMs`. */
export const patterns: Record<
  string,
  (caller: Caller, max: number, windowMs: number, untilMs: number) => Promise<void>
> = {
  /** Evenly, twice as much as fits. */
  async steady({ call }, max, windowMs, untilMs) {
    const running: Promise<unknown>[] = [];
    while (performance.now() < untilMs) {
      running.push(call());
      await wait(windowMs / (2 * max));
    }
    await Promise.all(running);
  },
  /** All at once, again and again. */
  async bursty({ burst }, max, windowMs, untilMs) {
    while (performance.now() < untilMs) {
      await burst(max);
      await wait(windowMs / 3);
    }
  },
  /** At the end of a part of the window, and at its beginning one window later. */
  async adversarial({ burst }, max, windowMs, untilMs) {
    const cellMs = windowMs / 64;
    while (performance.now() < untilMs) {
      await wait(Math.max(0, cellMs - (Date.now() % cellMs) - 2));
      await burst(max);
      await wait(windowMs - cellMs - (Date.now() % cellMs));
      await burst(max);
    }
  },
};
