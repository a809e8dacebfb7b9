export const deadlineCode = 'DATABASE_DEADLINE';

/** Postgres did not answer in time, or no connection became free. */
export class DeadlineError extends Error {
  readonly code = deadlineCode;

  constructor(ms: number) {
    super(`Postgres gave no answer within ${ms} ms.`);
    this.name = 'DeadlineError';
  }
}

export interface Deadline {
  /** Throws DeadlineError when nobody waits any more. */
  check(): void;
  /** What follows may take as long as it does. */
  lift(): void;
}

/** Settles as `work` does, or rejects with DeadlineError after `ms`; `work` itself goes on. */
export function withDeadline<Result>(
  ms: number,
  work: (deadline: Deadline) => Promise<Result>,
): Promise<Result> {
  return new Promise((resolve, reject) => {
    let passed: DeadlineError | undefined;
    const timer = setTimeout(() => {
      passed = new DeadlineError(ms);
      reject(passed);
    }, ms);
    const lift = () => clearTimeout(timer);
    const check = () => {
      if (passed) throw passed;
    };
    work({ check, lift }).then(resolve, reject).finally(lift);
  });
}
