import { RE2JS } from 're2js';
import semver from 'semver';
import { compileAddresses } from './addresses.ts';
import { fieldOf, type Test } from './context.ts';
import type { Constraint } from './model.ts';

/** Whether the text of a field is what an operator asks for. */
type Matches = (text: string) => boolean;

/** No real value is longer. */
const regexInputMax = 1_000;
/** Matching takes time with the length of the text and the size of the pattern: some milliseconds. */
const regexWorkMax = 30_000;

/** One that cannot hold, such as a pattern that is none, never does; `inverted` it always does. */
export function compileConstraint(constraint: Constraint): Test {
  const test = compileOperator(constraint);
  if (!constraint.inverted) return test;
  return (context, tenantId, nowMs) => !test(context, tenantId, nowMs);
}

function compileOperator(constraint: Constraint): Test {
  const { contextName, operator } = constraint;
  if (operator === 'DATE_AFTER' || operator === 'DATE_BEFORE') return compileDate(constraint);
  const matches = matcherOf(constraint);
  // What is not there is not in the list either.
  const missing = operator === 'NOT_IN';
  return (context, tenantId) => {
    const text = fieldOf(context, contextName, tenantId);
    return text === undefined ? missing : matches(text);
  };
}

function matcherOf(constraint: Constraint): Matches {
  const { operator, value = '' } = constraint;
  const values = (constraint.values ?? []).map((each) => each.trim()).filter((each) => each !== '');
  switch (operator) {
    case 'IN':
      return hasOf(values);
    case 'NOT_IN': {
      const isIn = hasOf(values);
      return (text) => !isIn(text);
    }
    case 'REGEX':
      return regexOf(value, constraint.caseInsensitive === true);
    case 'IN_CIDR':
      return compileAddresses(values);
    default:
      if (operator.startsWith('STR_')) {
        return textOf(operator, values, constraint.caseInsensitive === true);
      }
      return operator.startsWith('NUM_') ? numberOf(operator, value) : versionOf(operator, value);
  }
}

function hasOf(values: readonly string[]): Matches {
  const set = new Set(values);
  return (text) => set.has(text);
}

function textOf(operator: string, values: string[], isInsensitive: boolean): Matches {
  const wanted = isInsensitive ? values.map((value) => value.toLowerCase()) : values;
  const tests: Record<string, (text: string, value: string) => boolean> = {
    STR_CONTAINS: (text, value) => text.includes(value),
    STR_STARTS_WITH: (text, value) => text.startsWith(value),
    STR_ENDS_WITH: (text, value) => text.endsWith(value),
  };
  const test = tests[operator] ?? never;
  return (given) => {
    const text = isInsensitive ? given.toLowerCase() : given;
    return wanted.some((value) => test(text, value));
  };
}

/** Runs in time linear in the text (RE2). */
function regexOf(pattern: string, isInsensitive: boolean): Matches {
  try {
    const regex = RE2JS.compile(pattern, isInsensitive ? RE2JS.CASE_INSENSITIVE : 0);
    const lengthMax = Math.min(regexInputMax, regexWorkMax / regex.programSize());
    return (text) => text.length <= lengthMax && regex.matcher(text).find();
  } catch {
    return never;
  }
}

type Compare = (order: number) => boolean;

/** By the last part of an operator, what the order of two values has to be. */
const orders: Record<string, Compare> = {
  EQ: (order) => order === 0,
  GT: (order) => order > 0,
  GTE: (order) => order >= 0,
  LT: (order) => order < 0,
  LTE: (order) => order <= 0,
};

function orderOf(operator: string): Compare {
  return orders[operator.slice(operator.indexOf('_') + 1)] ?? never;
}

function numberOf(operator: string, value: string): Matches {
  const wanted = Number(value);
  const holds = orderOf(operator);
  if (value.trim() === '' || Number.isNaN(wanted)) return never;
  return (text) => {
    const given = text.trim() === '' ? Number.NaN : Number(text);
    return !Number.isNaN(given) && holds(given - wanted);
  };
}

function versionOf(operator: string, value: string): Matches {
  const holds = orderOf(operator);
  const wanted = readVersion(value);
  if (!wanted) return never;
  return (text) => {
    const given = readVersion(text);
    return given !== null && holds(semver.compare(given, wanted));
  };
}

function readVersion(text: string) {
  return text.startsWith('v') ? null : semver.parse(text);
}

function compileDate({ operator, value = '' }: Constraint): Test {
  const wantedMs = Date.parse(value);
  if (Number.isNaN(wantedMs)) return never;
  return ({ currentTime }, _tenantId, nowMs) => {
    const givenMs = currentTime === undefined ? nowMs : Date.parse(currentTime);
    return operator === 'DATE_AFTER' ? givenMs > wantedMs : givenMs < wantedMs;
  };
}

const never = () => false;
