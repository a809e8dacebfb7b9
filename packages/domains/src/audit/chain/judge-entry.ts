import type { SecretBox } from '@trellis/core/secret-box';
import { type ChainedEntry, isLinked, type Link, unsigned } from './hash-entry.ts';
import type { StoredEntry } from './read-chain.ts';

/**
 * What is wrong with a chain: `altered`, an entry is not as it was written; `missing`, it is gone
 * from between others; `reordered`, another one stands in its place; `foreign`, one was never
 * written by the platform; `unsigned`, it is from before there was a chain, or is said to be, so
 * that nothing tells whether it is as it was; `truncated`, the newest are gone or were replaced; `head_altered`, the
 * record of where the chain begins and ends was changed; `anchor_altered`, its copy was.
 */
export const problemKinds = [
  'altered',
  'missing',
  'reordered',
  'foreign',
  'unsigned',
  'truncated',
  'head_altered',
  'anchor_altered',
] as const;

export interface ChainProblem {
  kind: (typeof problemKinds)[number];
  /** The place in the chain; null for an entry that has none. */
  seq: number | null;
  /** Of the entry that stands there; null when there is none. */
  id: string | null;
}

type Verifier = Pick<SecretBox, 'verify'>;

/** Whether the entry is the one that was written after `previous`, there or with that place. */
export function follows(
  secrets: Verifier,
  previous: Link,
  { hash, isExact, ...entry }: StoredEntry,
  seq = entry.seq,
): boolean {
  if (seq === null || !isExact) return false;
  return isLinked(secrets, previous, { ...entry, seq } satisfies ChainedEntry, hash);
}

/**
 * Why `entry` does not follow `previous`. `near` are the entries that were read with it: among them
 * may be the one that does.
 */
export function nameProblem(
  secrets: Verifier,
  previous: Link,
  entry: StoredEntry,
  near: readonly StoredEntry[],
): ChainProblem {
  const expected = previous.seq + 1;
  const { id, seq } = entry;
  if (seq === null || seq < expected) return { kind: 'foreign', seq, id };
  const right = near.find((other) => follows(secrets, previous, other, expected));
  if (right && right.seq !== expected) {
    return { kind: 'reordered', seq: expected, id: seq === expected ? id : right.id };
  }
  if (seq > expected) return { kind: 'missing', seq: expected, id: null };
  if (right) return { kind: 'foreign', seq, id };
  return { kind: entry.hash === unsigned ? 'unsigned' : 'altered', seq, id };
}
