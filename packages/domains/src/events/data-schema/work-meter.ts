import { eventErrors } from '../errors.ts';

/**
 * The work that one check may take. A unit is a tenth of a microsecond or so, which keeps the
 * process from its other callers for a tenth of a second at the very worst.
 */
export const unitsMax = 1_000_000;

/** Counts the work of a check, whose data and schema may both be made to take long. */
export interface WorkMeter {
  begin(): void;
  /** Throws `event_data_too_complex` (422) when more was spent than a check may take. */
  spend(units: number): void;
}

export function createWorkMeter(): WorkMeter {
  let left = 0;
  return {
    begin: () => {
      left = unitsMax;
    },
    spend: (units) => {
      left -= units;
      if (left < 0) throw eventErrors.event_data_too_complex();
    },
  };
}
