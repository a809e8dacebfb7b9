import type { CallContext } from '@trellis/core/context';
import { authErrors } from './errors.ts';

/** Who was refused, and in which tenant. */
export type SuspendedCaller = Pick<CallContext, 'tenantId' | 'actor' | 'sessionId'>;

const callers = new WeakMap<WeakKey, SuspendedCaller>();

/** `tenant_suspended` (403) for a credential that is right otherwise, so that it can be audited. */
export function refuseSuspended(caller: SuspendedCaller): Error {
  const error = authErrors.tenant_suspended();
  callers.set(error, caller);
  return error;
}

/** Whom an error refused; undefined for any other error. */
export function suspendedCallerOf(error: unknown): SuspendedCaller | undefined {
  return typeof error === 'object' && error !== null ? callers.get(error) : undefined;
}
