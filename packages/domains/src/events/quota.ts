import { defineQuota } from '../plans/define-quota.ts';
import { countMonth } from './repository.ts';

/** Shown only: what is published is held against it by the statement that writes it. */
export const eventsQuota = defineQuota({
  name: 'events',
  limit: 'maxEvents',
  counts: 'events of this calendar month (UTC)',
  used: countMonth,
});
