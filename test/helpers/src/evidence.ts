import { appendFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';

/**
 * What a run of the whole suite leaves behind for test/whole-run, which judges it at the end:
 * `calls`, a line `METHOD path status` for each request; `secrets`, what no log may hold; `audit`,
 * the rows of every audit trail; `log`, all that was logged; `deliveries`, those that arrived at
 * receivers, as `collectDelivery` describes them.
 */
export type EvidenceKind = 'calls' | 'secrets' | 'audit' | 'log' | 'deliveries';

const folder = process.env.TEST_EVIDENCE_DIRECTORY;

/** The file of this process; undefined when nobody collects, as when single files are run. */
export function evidenceFile(kind: EvidenceKind): string | undefined {
  if (!folder) return undefined;
  mkdirSync(folder, { recursive: true });
  return join(folder, `${kind}-${process.pid}.txt`);
}

export function collectEvidence(kind: EvidenceKind, lines: readonly string[]): void {
  const file = evidenceFile(kind);
  if (file && lines.length > 0) appendFileSync(file, `${lines.join('\n')}\n`);
}
