import { deadlineCode } from './deadline.ts';

/** Sorts what Postgres and its client throw into what a caller can do about it. */
export type DatabaseFailure = 'unavailable' | 'invalid_text' | 'unique' | 'other';

/** The server or the way to it is gone: what the client itself reports. */
const connectionCodes = new Set([
  'CONNECT_TIMEOUT',
  'CONNECTION_CLOSED',
  'CONNECTION_DESTROYED',
  'CONNECTION_ENDED',
  deadlineCode,
  'EAI_AGAIN',
  'ECONNREFUSED',
  'ECONNRESET',
  'EHOSTDOWN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EPIPE',
  'ETIMEDOUT',
]);

/**
 * What the server reports when it is starting, stopping or full, or ended the statement: SQLSTATE
 * classes 08, 53, 57 (PostgreSQL, appendix A).
 */
const unavailableClasses = /^(08|53|57)/;

/** The server ended a transaction in which nothing happened for too long. */
const idleTransactionState = '25P03';

/**
 * What passes too: a password that is being rotated, a standby that is not promoted yet, and a
 * transaction that rested for too long.
 */
const unavailableStates = new Set(['28000', '28P01', '25006', idleTransactionState]);

interface CodedError extends Error {
  code?: unknown;
  constraint_name?: string;
}

/** drizzle wraps the error of the driver; the one with a code is at the end of the causes. */
function rootOf(error: unknown): CodedError | undefined {
  let current = error;
  for (let depth = 0; depth < 5 && current instanceof Error; depth++) {
    if ('code' in current && typeof current.code === 'string') return current as CodedError;
    current = current.cause;
  }
  return undefined;
}

export function classifyFailure(error: unknown): DatabaseFailure {
  const code = String(rootOf(error)?.code ?? '');
  if (connectionCodes.has(code) || unavailableStates.has(code)) return 'unavailable';
  if (unavailableClasses.test(code)) return 'unavailable';
  if (code === '22021' || code === '22P05') return 'invalid_text';
  if (code === '23505') return 'unique';
  return 'other';
}

/**
 * Whether nobody can be served, as far as this process can tell: the server cannot be reached, or is
 * starting or stopping. One that is full, or that was too slow for a statement or for a connection
 * of this process to become free, is at work for others meanwhile.
 */
export function isServerAway(error: unknown): boolean {
  const code = String(rootOf(error)?.code ?? '');
  if (code === deadlineCode) return false;
  return connectionCodes.has(code) || /^(08|57P)/.test(code);
}

/** Whether an 'unavailable' Postgres could be reached, and only took too long for the statement. */
export function isStatementTimeout(error: unknown): boolean {
  return rootOf(error)?.code === '57014';
}

/** The constraint that a write broke, when it broke one. */
export function brokenConstraint(error: unknown): string | undefined {
  return rootOf(error)?.constraint_name;
}
