import type { ProblemError } from './errors.ts';

/** The body of RFC 9457. */
export function problemBody(problem: ProblemError, instance: string, requestId: string) {
  return {
    type: `urn:trellis:problem:${problem.code}`,
    title: problem.title,
    status: problem.status,
    detail: problem.message,
    instance,
    code: problem.code,
    requestId,
    ...(problem.errors && { errors: problem.errors }),
  };
}
