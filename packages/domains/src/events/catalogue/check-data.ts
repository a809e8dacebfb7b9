import type { Platform } from '../../platform.ts';
import { eventErrors } from '../errors.ts';
import { keepTypes } from './kept-types.ts';
import type { Catalogue } from './load-catalogue.ts';

export interface DataToCheck {
  tenantId: string;
  type: string;
  /** Its exact JSON text, and what that says. */
  text: string;
  data: unknown;
}

/**
 * Throws `platform_event_type` (409) for a type that the platform alone publishes,
 * `event_data_too_large` (413), `event_data_invalid` (422) for data that does not fit the
 * schema of its type, and `event_data_too_complex` (422). A type that is in no catalogue, or has no
 * schema, takes anything.
 */
export type CheckData = (event: DataToCheck) => Promise<void>;

interface Needs extends Pick<Platform, 'db' | 'changes'> {
  catalogue: Catalogue;
  dataBytesMax: number;
}

export function createDataCheck({ catalogue, dataBytesMax, ...needs }: Needs): CheckData {
  const types = keepTypes(needs);
  return async ({ tenantId, type, text, data }) => {
    const platformType = catalogue.get(type);
    if (platformType?.isReserved) {
      throw eventErrors.platform_event_type('Events of this type come from the platform alone.');
    }
    if (Buffer.byteLength(text) > dataBytesMax) {
      throw eventErrors.event_data_too_large(`data may have ${dataBytesMax} bytes.`);
    }
    const validator = platformType?.validator() ?? (await types.find(tenantId, type));
    const errors = validator?.findErrors(data) ?? [];
    const [first] = errors;
    if (first) throw eventErrors.event_data_invalid(`${first.path} ${first.message}`, { errors });
  };
}
