import { RE2JS } from 're2js';
import type { WorkMeter } from './work-meter.ts';

/** What a program of one instruction does with so many characters costs one unit of work. */
const charactersPerUnit = 64;
/** Of a match, however short the text is. */
const unitsPerMatch = 4;

/** The memory that a pattern may come to take. */
export const patternBytes = 16_384;

const escapeOrClass = /\\.|\[\^?(?:\\.|[^\]\\])+\]/gsu;
/** RE2JS takes it for a letter. */
const backReference = /^(?:[^\\]|\\[^k])*\\k/;
const repeat = /(\)?)\{(\d+)(?:,(\d*))?\}/g;

/**
 * An upper bound, but for a small factor, of the instructions that a pattern compiles to, read off
 * its text: what comes out of the compiler is only known when the time has been spent. Repeats
 * multiply what they repeat, and only a group can hold another repeat.
 */
export function programSizeMax(pattern: string): number {
  let ofGroups = 1;
  let ofOthers = 1;
  for (const [, group, least = '', most] of pattern.matchAll(repeat)) {
    const count = Math.max(Number(least), Number(most ?? 0), 1);
    if (group) ofGroups *= count;
    else ofOthers = Math.max(ofOthers, count);
  }
  const parts = pattern.replaceAll(escapeOrClass, 'x').replaceAll(/\{[\d,]+\}/g, '');
  // RE2 itself refuses more than a thousand repetitions of anything.
  return parts.length * Math.min(ofGroups * ofOthers, 1_000);
}

/**
 * Compiles a pattern for RE2, which matches in linear time: JavaScript's own engine can be made to
 * take exponential time. Look-around and back references, which cannot be matched so, are refused,
 * and so is what is written for RE2 alone: a pattern means the same to whoever reads the schema.
 * Throws a line that says what is wrong.
 */
export function compilePattern(pattern: string): RE2JS {
  // Parsed, and never matched.
  new RegExp(pattern, 'u');
  if (backReference.test(pattern)) throw new Error('invalid escape sequence: `\\k`');
  const compiled = RE2JS.compile(RE2JS.translateRegExp(pattern));
  const { dfa } = compiled.re2();
  // What it remembers of the texts that it has seen; 8 MiB by default.
  dfa.stateBudget = patternBytes;
  dfa.memBudget = patternBytes;
  return compiled;
}

/** The engine of one validator, for Ajv; each match is paid for before it is made. */
export function createPatternEngine(meter: WorkMeter) {
  const engine = (pattern: string) => {
    const compiled = compilePattern(pattern);
    const size = compiled.re2().numberOfInstructions() as number;
    return {
      test: (text: string): boolean => {
        meter.spend(unitsPerMatch + (size * text.length) / charactersPerUnit);
        return compiled.test(text);
      },
      // Ajv takes two patterns of one text for the same.
      toString: () => pattern,
    };
  };
  // Where Ajv would write the engine into code that stands alone; it never does here.
  return Object.assign(engine, { code: 'undefined' });
}
