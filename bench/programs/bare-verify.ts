import { hashPassword, verifyPassword } from '@trellis/domains/auth/passwords/hash-password';
import { answerBench } from '../harness/answer.ts';

/** Checks one password again and again: the part of a log-in that is slow on purpose. */
export interface BareVerify {
  concurrency: number;
  seconds: number;
}

export interface BareVerified {
  checks: number;
  seconds: number;
}

const password = 'correct horse battery';

answerBench<BareVerify>(async ({ concurrency, seconds }): Promise<BareVerified> => {
  const hash = await hashPassword(password);
  const startedMs = performance.now();
  const endMs = startedMs + seconds * 1_000;
  let checks = 0;
  const lane = async () => {
    while (performance.now() < endMs) {
      if (!(await verifyPassword(hash, password))) throw new Error('the password is wrong');
      checks++;
    }
  };
  await Promise.all(Array.from({ length: concurrency }, lane));
  return { checks, seconds: (performance.now() - startedMs) / 1_000 };
});
