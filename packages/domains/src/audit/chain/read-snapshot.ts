/** What a column with a snapshot holds. */
export interface ReadSnapshot {
  value: Record<string, unknown> | null;
  /** Whether the platform can have written it so. */
  isExact: boolean;
}

type Reviver = (key: string, value: unknown, context: { source?: string }) => unknown;

/**
 * Reads the text of a `jsonb`. Postgres keeps what JavaScript reads as something else: a null that
 * is not that of SQL, and numbers with more digits or a greater size than a double has.
 */
export function readSnapshot(text: string | null): ReadSnapshot {
  if (text === null) return { value: null, isExact: true };
  let isExact = true;
  const revive: Reviver = (_, value, { source }) => {
    if (typeof value === 'number' && plainTextOf(value) !== source) isExact = false;
    return value;
  };
  // The types do not know of the third argument yet: https://tc39.es/proposal-json-parse-with-source/
  const value = JSON.parse(text, revive as Parameters<typeof JSON.parse>[1]);
  return { value, isExact: isExact && value !== null && typeof value === 'object' };
}

/** A number without an exponent, as Postgres writes it; empty for one that is not finite. */
function plainTextOf(value: number): string {
  const parts = /^(-?)(\d+)(?:\.(\d+))?(?:e([+-]\d+))?$/.exec(String(value));
  if (!parts) return '';
  const [, sign = '', whole = '', fraction = '', exponent = '0'] = parts;
  const digits = whole + fraction;
  const point = whole.length + Number(exponent);
  if (point <= 0) return `${sign}0.${'0'.repeat(-point)}${digits}`;
  if (point >= digits.length) return `${sign}${digits.padEnd(point, '0')}`;
  return `${sign}${digits.slice(0, point)}.${digits.slice(point)}`;
}
