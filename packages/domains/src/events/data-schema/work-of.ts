import { type JsonObject, mapSchemas, schemasIn } from './keywords.ts';
import type { WorkMeter } from './work-meter.ts';

/** What one schema costs each time that it is held against a value. */
export interface Work {
  /** Whatever the value is. */
  units: number;
  /** Whether it reads the whole of a text. */
  readsText: boolean;
  /** Whether it looks at each key of an object. */
  readsKeys: boolean;
  /** How many items it compares with one another; 0 when it does not. */
  itemsCompared: number;
}

const ofText = ['minLength', 'maxLength', 'format'];
const ofKeys = [
  'additionalProperties',
  'patternProperties',
  'propertyNames',
  'minProperties',
  'maxProperties',
  'unevaluatedProperties',
];

/** `tracks`: the whole schema keeps account of the keys that were looked at (`unevaluated…`). */
export function workOf(schema: JsonObject, tracks: boolean): Work {
  const has = (keyword: string) => schema[keyword] !== undefined;
  const sizes = Object.entries(schema).map(([keyword, value]) => ownSize(keyword, value));
  return {
    units: sizes.reduce((sum, size) => sum + size, 1),
    readsText: ofText.some(has),
    readsKeys: tracks || ofKeys.some(has),
    itemsCompared: schema.uniqueItems === true ? Number(schema.maxItems) : 0,
  };
}

/** The values in a keyword; schemas in it are counted when they are held against something. */
function ownSize(keyword: string, value: unknown): number {
  const shell = mapSchemas(keyword, value, () => 0);
  return schemasIn(keyword, value).length > 0 ? countValues(shell) : countValues(value);
}

function countValues(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 1;
  return Object.values(value).reduce((sum: number, part) => sum + countValues(part), 1);
}

const textPerUnit = 32;
const comparedPerUnit = 8;

/** What a validator calls before a schema is held against `data`. */
export function createCharge(meter: WorkMeter, work: Work): (data: unknown) => void {
  return (data) => {
    meter.spend(work.units + unitsFor(data, work));
  };
}

function unitsFor(data: unknown, work: Work): number {
  if (typeof data === 'string') return work.readsText ? data.length / textPerUnit : 0;
  if (Array.isArray(data)) {
    const compared = Math.min(data.length, work.itemsCompared);
    return compared > 1 ? (compared * countValues(data)) / comparedPerUnit : 0;
  }
  if (!work.readsKeys || typeof data !== 'object' || data === null) return 0;
  return Object.keys(data).length;
}
