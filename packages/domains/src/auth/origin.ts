import type { CallContext } from '@trellis/core/context';

/** Where a call without a credential comes from. */
export type Origin = Pick<CallContext, 'requestId' | 'ip' | 'userAgent'>;
