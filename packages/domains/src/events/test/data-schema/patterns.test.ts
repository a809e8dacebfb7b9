import t from 'tap';
import { compilePattern, programSizeMax } from '../../data-schema/patterns.ts';

const patterns = [
  'a',
  'abc',
  '^a+b*c?$',
  'a{3}',
  'a{3,}',
  'a{3,9}',
  '[a-z]{1,255}',
  '[^\\]]{20}',
  '[{(]{2}',
  '[)]{5}(ab){5}',
  '\\{{4}',
  '\\){4}',
  '(ab){10}',
  '(?:ab{3}){10}',
  '((a{5}){5}){5}',
  '(((a|b){3}c){3}d){3}',
  '(a{31}){32}',
  '\\p{L}{100}',
  '(?i)straße{10}',
  '[[:alpha:]]{7}(ab){3}',
  '[](abc){40}]',
  '[^](abc){40}]',
  '\\x{41}{3}',
  '^\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}:\\d{2}(?:\\.\\d{1,9})?(?:Z|[+-]\\d{2}:\\d{2})$',
];

t.test('how large a program becomes is known from the text of its pattern', async (t) => {
  for (const pattern of patterns) {
    let size: number;
    try {
      size = compilePattern(pattern).re2().numberOfInstructions();
    } catch {
      continue;
    }
    // Each part becomes two instructions at most, and some stand around them all.
    t.ok(
      size <= 2 * programSizeMax(pattern) + 5,
      `${pattern}: ${size}, ${programSizeMax(pattern)}`,
    );
  }
});

t.test('it is not far more for what people write', async (t) => {
  t.ok(programSizeMax('^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$') < 1_500);
  t.ok(programSizeMax('^[A-Za-z0-9_-]{1,255}$') < 1_500);
  t.ok(programSizeMax(patterns.at(-1) ?? '') < 1_000);
});

t.test('patterns mean what they mean in JavaScript', async (t) => {
  const texts = [
    '',
    'a',
    'A',
    'ab',
    'abc',
    'xaby',
    'aB1',
    '2026-01-31',
    'é',
    'Ω',
    '/',
    'a-b',
    '😀',
    'a\nb',
  ];
  const ours = [
    '^a',
    'b$',
    '^[A-Z]$',
    '\\d{4}-\\d\\d',
    '^\\w+$',
    '\\/',
    '^\\p{L}$',
    '^.$',
    '^.*$',
    '\\u0061',
    '(?<year>\\d+)',
    '\\ba',
    '[\\d-]',
    '^(?:a|ab)(?:c|$)',
  ];
  for (const pattern of ours) {
    const compiled = compilePattern(pattern);
    const native = new RegExp(pattern, 'u');
    for (const text of texts) {
      t.equal(compiled.test(text), native.test(text), `${pattern} on ${JSON.stringify(text)}`);
    }
  }
});
