import type { Tx } from '@trellis/db/tenant-db';
import type { JobPayload } from '@trellis/queue/define-job';
import { sendMail } from '../../email/send-mail.ts';
import type { Platform } from '../../platform.ts';
import { lockPersonByEmail } from '../../users/lock-person.ts';
import { sendPasswordReset } from '../jobs.ts';
import { takeMailTurn } from '../throttle/mail-turn.ts';
import { mailKey } from '../throttle/throttle-keys.ts';
import { issueOneTimeToken } from '../verification/one-time-token.ts';

/** What somebody asked for, and what the settings of the API say of it. */
export interface ResetRequest {
  email: string;
  /** The link in the mail, up to its token. */
  linkStart: string;
  linkTtlSeconds: number;
  /** Of whoever asked. */
  ip: string | null;
}

const kind = 'reset_password';

/** Asks for the mail, for any address: only the job finds out whether it is a person's. */
export async function enqueuePasswordReset(
  { jobs, secrets }: Pick<Platform, 'jobs' | 'secrets'>,
  tx: Tx,
  request: ResetRequest,
): Promise<void> {
  await jobs.enqueue(tx, sendPasswordReset, { request: secrets.seal(JSON.stringify(request)) });
}

/**
 * Mails a link to the person of the address: to nobody when there is none, when the person is
 * disabled, and when such a mail went out less than a minute ago, which a second try of this job
 * finds as well.
 */
export async function runPasswordReset(
  needs: Pick<Platform, 'db' | 'jobs' | 'secrets' | 'clock'>,
  payload: JobPayload<typeof sendPasswordReset>,
): Promise<void> {
  const request = JSON.parse(needs.secrets.open(payload.request)) as ResetRequest;
  const { linkStart, linkTtlSeconds, ip } = request;
  await needs.db.asSystem(async (tx) => {
    const person = await lockPersonByEmail(tx, request.email);
    if (!person || person.disabledAt) return;
    if ((await takeMailTurn(tx, mailKey(kind, person.id))) > 0) return;
    const expiresAt = new Date(needs.clock.now().getTime() + linkTtlSeconds * 1_000);
    const token = await issueOneTimeToken(tx, { kind, userId: person.id, expiresAt });
    const { name, email } = person;
    const values = { name, link: linkStart + token, ip };
    await sendMail(needs, tx, email, 'reset-password', values, { expiresAt });
  });
}
