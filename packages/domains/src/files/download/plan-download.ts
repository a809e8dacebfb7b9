import { commonErrors } from '@trellis/core/common-errors';
import type { ByteRange } from '@trellis/storage/object-store';

export interface Conditions {
  range?: string | undefined;
  'if-range'?: string | undefined;
  'if-match'?: string | undefined;
  'if-none-match'?: string | undefined;
}

export interface Representation {
  /** A strong one, with its quotes. */
  etag: string;
  /** Bytes. */
  size: number;
}

/** What a GET is answered with. */
export type DownloadPlan =
  | { status: 200 }
  | { status: 206; range: ByteRange }
  | { status: 304 }
  | { status: 416 };

/**
 * Holds the conditions of a request against the file, in the order of RFC 9110, 13.2.2. Of several
 * ranges, and of what is no range of bytes, nothing is asked: the whole file is the answer.
 * Throws `precondition_failed` (412).
 */
export function planDownload(conditions: Conditions, file: Representation): DownloadPlan {
  const ifMatch = conditions['if-match'];
  if (ifMatch !== undefined && !namesTag(ifMatch, file.etag))
    throw commonErrors.precondition_failed();
  const ifNoneMatch = conditions['if-none-match'];
  if (ifNoneMatch !== undefined && namesTag(ifNoneMatch.replaceAll('W/', ''), file.etag)) {
    return { status: 304 };
  }
  const ifRange = conditions['if-range'];
  if (ifRange !== undefined && ifRange !== file.etag) return { status: 200 };
  return planRange(conditions.range, file.size);
}

function namesTag(list: string, etag: string): boolean {
  const tags = list.split(',').map((tag) => tag.trim());
  return tags.includes('*') || tags.includes(etag);
}

/** `bytes=0-99`, `bytes=100-` or, for the last hundred, `bytes=-100`. */
function planRange(header: string | undefined, size: number): DownloadPlan {
  const [, first = '', last = ''] = /^bytes=(\d*)-(\d*)$/.exec(header?.trim() ?? '') ?? [];
  if (first === '' && last === '') return { status: 200 };
  const start = first === '' ? Math.max(0, size - Number(last)) : Number(first);
  const end = first === '' || last === '' ? size - 1 : Math.min(Number(last), size - 1);
  if (first !== '' && last !== '' && Number(last) < Number(first)) return { status: 200 };
  return start <= end ? { status: 206, range: { start, end } } : { status: 416 };
}
