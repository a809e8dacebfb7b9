import type { Tx } from '@trellis/db/tenant-db';
import { sendMail } from '../../email/send-mail.ts';
import type { Platform } from '../../platform.ts';
import type { Person } from '../../users/create-person.ts';
import type { Origin } from '../origin.ts';

/** Tells people what was changed of their account, in case that it was not they. */
export function sendSecurityNotice(
  needs: Pick<Platform, 'jobs' | 'secrets' | 'clock'>,
  tx: Tx,
  { email, name }: Pick<Person, 'email' | 'name'>,
  { ip }: Pick<Origin, 'ip'>,
  change: string,
): Promise<void> {
  const at = needs.clock.now().toISOString();
  return sendMail(needs, tx, email, 'security-notice', { name, change, at, ip });
}
