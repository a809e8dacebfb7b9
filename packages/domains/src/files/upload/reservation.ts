import type { Tx } from '@trellis/db/tenant-db';
import { reserveQuota } from '../../plans/reserve-quota.ts';
import type { Platform } from '../../platform.ts';
import { fileErrors } from '../errors.ts';
import { storageQuota } from '../quota.ts';
import { addStorage } from '../storage-use.ts';
import { insertUpload, renewUpload } from './repository.ts';

/** One upload under way. */
export interface Upload {
  id: string;
  tenantId: string;
  storageKey: string;
  /** No more bytes than this can come. */
  sizeMax: number;
  /** Whether the client said how many bytes come; then all of them are set aside at once. */
  hasLength: boolean;
}

/** The bytes of the plan that nobody but this upload can take. */
export interface Reservation {
  /**
   * Makes sure that so many bytes in all are set aside. Throws `plan_limit_reached` (403), and
   * `upload_interrupted` (503) when the upload stood still until it was given up.
   */
  cover(bytes: number): Promise<void>;
}

const mebibyte = 1_048_576;
/** Without a length, bytes are set aside in steps that double, so that a long upload asks seldom. */
const stepMin = mebibyte;
const stepMax = 16 * mebibyte;
/** A slow upload is renewed within a step too, well before it counts as left behind. */
const renewMs = 60_000;

/** Notes that the upload is under way, with the first step of its bytes. */
export async function beginUpload(
  { db, clock }: Pick<Platform, 'db' | 'clock'>,
  upload: Upload,
): Promise<Reservation> {
  const { id, tenantId, storageKey, sizeMax, hasLength } = upload;
  let step = hasLength ? sizeMax : Math.min(stepMin, sizeMax);
  let renewedAt = clock.now().getTime();
  let reserved = await db.withTenant(tenantId, async (tx) => {
    const granted = await takeBytes(tx, tenantId, step, 0);
    await insertUpload(tx, { id, tenantId, storageKey, reserved: granted });
    return granted;
  });

  const renew = async (needed: number, wanted: number): Promise<void> => {
    const more = await db.withTenant(tenantId, async (tx) => {
      const granted = await takeBytes(tx, tenantId, wanted, needed);
      if (!(await renewUpload(tx, id, granted))) throw fileErrors.upload_interrupted();
      return granted;
    });
    reserved += more;
    renewedAt = clock.now().getTime();
  };

  return {
    async cover(bytes) {
      if (bytes > reserved) {
        step = Math.min(step * 2, stepMax);
        const needed = bytes - reserved;
        await renew(needed, Math.max(needed, Math.min(step, sizeMax - reserved)));
      } else if (clock.now().getTime() - renewedAt > renewMs) {
        await renew(0, 0);
      }
    },
  };
}

/** Takes what is wanted, or else what is left when that is all that is needed. */
async function takeBytes(
  tx: Tx,
  tenantId: string,
  wanted: number,
  needed: number,
): Promise<number> {
  const left = await reserveQuota(tx, tenantId, storageQuota, needed);
  const granted = Math.min(wanted, left);
  if (granted > 0) await addStorage(tx, tenantId, granted);
  return granted;
}
