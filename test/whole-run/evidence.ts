import { globSync, readFileSync } from 'node:fs';
import { testSetting } from '@trellis/test/database';
import type { EvidenceKind } from '@trellis/test/evidence';

/** What the tests of one kind left behind, a file for each process. */
export function readEvidence(kind: EvidenceKind): string[] {
  const folder = testSetting('TEST_EVIDENCE_DIRECTORY');
  return globSync(`${folder}/${kind}-*.txt`).map((file) => readFileSync(file, 'utf8'));
}

/** All different lines. */
export function readLines(kind: EvidenceKind): Set<string> {
  return new Set(readEvidence(kind).flatMap((text) => text.split('\n').filter(Boolean)));
}
