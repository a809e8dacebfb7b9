import { commonErrors } from '@trellis/core/common-errors';
import type { Platform } from '../../platform.ts';
import { type Anchor, AnchorError, findAnchor } from './anchors.ts';
import type { Link } from './hash-entry.ts';
import { type ChainProblem, follows, nameProblem } from './judge-entry.ts';
import { isPruned } from './pruned-mark.ts';
import {
  type ChainState,
  findBuried,
  readChainState,
  readEntries,
  type StoredEntry,
} from './read-chain.ts';

export type VerifyNeeds = Pick<Platform, 'db' | 'secrets' | 'storage'>;

export interface VerifyRange {
  /** The place to begin at; those before it have been verified by other calls. Default 1. */
  fromSeq?: number | undefined;
  /** Entries to verify at most. */
  limit: number;
}

export interface ChainReport {
  /** How many entries were verified. */
  entries: number;
  first: { seq: number; id: string } | null;
  head: Link | null;
  problem: ChainProblem | null;
  /** Where the next call has to go on; null when the chain was verified to its end. */
  nextSeq: number | null;
  anchor: Pick<Anchor, 'seq' | 'anchoredAt'> | null;
}

/** Entries that are in memory at a time. */
const batchSize = 500;
/** Retention may move the beginning while it is read, a few times at the very worst. */
const triesMax = 3;

/**
 * Verifies the chain of a tenant up to where its head was at the beginning, while others write. It
 * stops at the first entry that is wrong. Throws `unavailable` (503) without the store of anchors.
 */
export async function verifyChain(
  needs: VerifyNeeds,
  tenantId: string,
  range: VerifyRange,
): Promise<ChainReport> {
  for (let tries = 1; ; tries++) {
    // Before the head: a head is never older than an anchor.
    const anchored = await readAnchored(needs, tenantId);
    const state = await readChainState(needs.db, tenantId);
    const report = await verifyOnce({ needs, tenantId, state, ...anchored }, range);
    if (report.problem === null || tries === triesMax) return report;
    const { pruned } = await readChainState(needs.db, tenantId);
    if (pruned.seq === state.pruned.seq) return report;
  }
}

interface Anchored {
  anchor: Anchor | null;
  isAnchorAltered: boolean;
}

async function readAnchored(needs: VerifyNeeds, tenantId: string): Promise<Anchored> {
  try {
    return { anchor: (await findAnchor(needs, tenantId)) ?? null, isAnchorAltered: false };
  } catch (cause) {
    if (cause instanceof AnchorError) return { anchor: null, isAnchorAltered: true };
    const detail = 'The store of the anchors cannot be read.';
    throw commonErrors.unavailable(detail, { cause, retryAfterSeconds: 5 });
  }
}

interface Verification extends Anchored {
  needs: VerifyNeeds;
  tenantId: string;
  state: ChainState;
}

async function verifyOnce(verification: Verification, range: VerifyRange): Promise<ChainReport> {
  const { anchor, state } = verification;
  const headSeq = state.head?.seq ?? 0;
  const start = Math.max(Math.min(range.fromSeq ?? 1, headSeq + 1), state.pruned.seq + 1);
  const report: ChainReport = {
    entries: 0,
    first: null,
    head: state.head,
    problem: problemOfBeginning(verification),
    nextSeq: null,
    anchor: anchor && { seq: anchor.seq, anchoredAt: anchor.anchoredAt },
  };
  if (report.problem) return report;
  const before = await linkBefore(verification, start);
  if ('kind' in before) return { ...report, problem: before };
  const last = Math.min(headSeq, start + range.limit - 1);
  const end = await walk(verification, report, before, last);
  if (report.problem) return report;
  if (last < headSeq) report.nextSeq = last + 1;
  else report.problem = await problemOfEnd(verification, end);
  return report;
}

function problemOfBeginning(verification: Verification): ChainProblem | null {
  const { needs, tenantId, isAnchorAltered } = verification;
  const { pruned } = verification.state;
  if (isAnchorAltered) return { kind: 'anchor_altered', seq: null, id: null };
  if (isPruned(needs.secrets, tenantId, pruned)) return null;
  return { kind: 'head_altered', seq: pruned.seq, id: null };
}

async function linkBefore(
  { needs, tenantId, state }: Verification,
  start: number,
): Promise<Link | ChainProblem> {
  const seq = start - 1;
  if (seq === state.pruned.seq) return state.pruned;
  const [entry] = await readEntries(needs.db, { tenantId, from: seq, to: seq, limit: 1 });
  return entry ? { seq, hash: entry.hash ?? '' } : { kind: 'missing', seq, id: null };
}

interface Position extends Link {
  id: string | null;
}

/** Fills the report and answers the last entry that is right. */
async function walk(
  verification: Verification,
  report: ChainReport,
  before: Link,
  last: number,
): Promise<Position> {
  const { needs, tenantId } = verification;
  let position: Position = { ...before, id: null };
  let batch: StoredEntry[];
  do {
    // Another one may stand in the place of the last.
    const from = position.id === null ? position.seq + 1 : position.seq;
    const rest = { tenantId, from, to: last, except: position.id, limit: batchSize };
    batch = await readEntries(needs.db, rest);
    for (const entry of batch) {
      report.problem = problemOf(verification, position, entry, batch);
      if (report.problem) return position;
      position = { seq: position.seq + 1, hash: entry.hash ?? '', id: entry.id };
      count(report, entry);
    }
  } while (batch.length === batchSize);
  if (position.seq < last) report.problem = await problemOfGap(verification, position.seq + 1);
  return position;
}

/** Nothing stands in the place, nor behind it up to where it was looked. */
async function problemOfGap(
  { needs, tenantId, state }: Verification,
  seq: number,
): Promise<ChainProblem> {
  const rest = { tenantId, from: seq, to: state.head?.seq ?? 0, limit: 1 };
  const [later] = await readEntries(needs.db, rest);
  return { kind: later ? 'missing' : 'truncated', seq, id: null };
}

function problemOf(
  { needs, anchor }: Verification,
  previous: Link,
  entry: StoredEntry,
  near: readonly StoredEntry[],
): ChainProblem | null {
  if (!follows(needs.secrets, previous, entry)) {
    return nameProblem(needs.secrets, previous, entry, near);
  }
  // It was written by the platform, but after others had been taken away.
  if (anchor?.seq === entry.seq && anchor.hash !== entry.hash) {
    return { kind: 'truncated', seq: entry.seq, id: entry.id };
  }
  return null;
}

function count(report: ChainReport, { id, seq }: StoredEntry): void {
  report.entries += 1;
  report.first ??= { seq: seq ?? 0, id };
}

/** What only shows once all entries up to the head are known to be right. */
async function problemOfEnd(
  { needs, tenantId, anchor, state }: Verification,
  end: Position,
): Promise<ChainProblem | null> {
  const { head, pruned, beyond, unplacedId } = state;
  if (head && (head.hash !== end.hash || head.seq !== end.seq))
    return { kind: 'head_altered', seq: head.seq, id: end.id };
  if (beyond) {
    const kind = follows(needs.secrets, end, beyond) ? 'head_altered' : 'foreign';
    return { kind, seq: beyond.seq, id: beyond.id };
  }
  if (unplacedId) return { kind: 'foreign', seq: null, id: unplacedId };
  const buried = await findBuried(needs.db, tenantId, pruned);
  if (buried) return { kind: 'foreign', ...buried };
  const headSeq = head?.seq ?? 0;
  if (anchor && anchor.seq > headSeq) {
    return { kind: 'truncated', seq: headSeq + 1, id: null };
  }
  return null;
}
