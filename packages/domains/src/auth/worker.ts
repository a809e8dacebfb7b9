import { handleJob, type WorkerModule } from '@trellis/queue/define-job';
import type { WorkerPlatform } from '../platform.ts';
import { removeSessions, removeThrottles, removeTokens } from './clean-up.ts';
import {
  removeEndedSessions,
  removeExpiredThrottles,
  removeExpiredTokens,
  sendPasswordReset,
} from './jobs.ts';
import { runPasswordReset } from './passwords/send-password-reset.ts';

export default function createWorker(platform: WorkerPlatform): WorkerModule {
  const { db, log } = platform;
  const cleanUps = [
    handleJob(removeEndedSessions, async () => {
      log.info({ sessions: await removeSessions(db) }, 'Ended sessions were removed.');
    }),
    handleJob(removeExpiredTokens, async () => {
      log.info({ tokens: await removeTokens(db) }, 'Expired links were removed.');
    }),
    handleJob(removeExpiredThrottles, async () => {
      log.info({ throttles: await removeThrottles(db) }, 'Forgotten log-in failures were removed.');
    }),
  ];
  const reset = handleJob(sendPasswordReset, (payload) => runPasswordReset(platform, payload));
  return { handlers: [...cleanUps, reset] };
}
