import { defineQuota } from '../plans/define-quota.ts';
import { lockStorage, storageUsed } from './storage-use.ts';

export const storageQuota = defineQuota({
  name: 'storage',
  limit: 'maxStorage',
  counts: 'bytes of files and of uploads under way',
  used: storageUsed,
  lock: lockStorage,
});
