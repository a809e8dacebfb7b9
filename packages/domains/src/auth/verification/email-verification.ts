import type { CallContext } from '@trellis/core/context';
import type { Tx } from '@trellis/db/tenant-db';
import { writeAudit } from '../../audit/write-audit.ts';
import type { MailLinks } from '../../email/mail-links.ts';
import { sendMail } from '../../email/send-mail.ts';
import type { Platform } from '../../platform.ts';
import type { Person } from '../../users/create-person.ts';
import { lockPerson } from '../../users/lock-person.ts';
import { authErrors } from '../errors.ts';
import type { Origin } from '../origin.ts';
import { auditPerson } from '../person/audit-person.ts';
import { lockedPersonOf } from '../person/person-of.ts';
import { listTenantsOf, updatePerson } from '../repository.ts';
import { takeMailTurn } from '../throttle/mail-turn.ts';
import { mailKey } from '../throttle/throttle-keys.ts';
import { issueOneTimeToken, ownerOfOneTimeToken, takeOneTimeToken } from './one-time-token.ts';

export interface EmailVerification {
  /** Mails the first link to somebody who signs up, as part of that. Needs a system transaction. */
  welcome(tx: Tx, person: Person, tenantName: string): Promise<void>;
  /** Throws `token_invalid` (422). */
  verify(token: string, origin: Origin): Promise<void>;
  /**
   * Mails another link to the person who calls. Throws `email_already_verified` (409) and
   * `mail_sent_recently` (429).
   */
  sendLink(call: CallContext): Promise<void>;
}

export interface EmailVerificationSettings {
  verifyEmailTtlSeconds: number;
  links: Pick<MailLinks, 'verifyEmail'>;
}

const kind = 'verify_email';

export function createEmailVerification(
  needs: Pick<Platform, 'db' | 'jobs' | 'secrets' | 'clock'>,
  { verifyEmailTtlSeconds, links }: EmailVerificationSettings,
): EmailVerification {
  const { db, clock } = needs;
  const issueLink = async (tx: Tx, { id }: Pick<Person, 'id'>) => {
    const expiresAt = new Date(clock.now().getTime() + verifyEmailTtlSeconds * 1_000);
    const token = await issueOneTimeToken(tx, { kind, userId: id, expiresAt });
    return { link: links.verifyEmail(token), expiresAt };
  };
  return {
    async welcome(tx, person, tenantName) {
      const { id, name, email } = person;
      await takeMailTurn(tx, mailKey(kind, id));
      const { link, expiresAt } = await issueLink(tx, person);
      await sendMail(needs, tx, email, 'welcome', { name, tenantName, link }, { expiresAt });
    },

    verify: (token, origin) => db.asSystem((tx) => verify(needs, tx, token, origin)),

    sendLink: (call) =>
      db.asSystem(async (tx) => {
        const person = await lockedPersonOf(tx, call);
        if (person.emailVerifiedAt) throw authErrors.email_already_verified();
        const retryAfterSeconds = await takeMailTurn(tx, mailKey(kind, person.id));
        if (retryAfterSeconds > 0) {
          throw authErrors.mail_sent_recently(undefined, { retryAfterSeconds });
        }
        const { link, expiresAt } = await issueLink(tx, person);
        const tenants = await listTenantsOf(tx, person.id);
        const tenantName = tenants.find(({ id }) => id === call.tenantId)?.name ?? '';
        const { name, email } = person;
        const values = { name, tenantName, link };
        await sendMail(needs, tx, email, 'verify-email', values, { expiresAt });
        await writeAudit(needs, tx, call, {
          action: 'user.verification_requested',
          resourceType: 'user',
          resourceId: person.id,
        });
      }),
  };
}

async function verify(
  needs: Pick<Platform, 'secrets' | 'clock'>,
  tx: Tx,
  token: string,
  origin: Origin,
): Promise<void> {
  const now = needs.clock.now();
  const ownerId = await ownerOfOneTimeToken(tx, kind, token, now);
  const person = ownerId && (await lockPerson(tx, ownerId));
  if (!person || person.disabledAt) throw authErrors.token_invalid();
  if (!(await takeOneTimeToken(tx, kind, token, now))) throw authErrors.token_invalid();
  await updatePerson(tx, person.id, { emailVerifiedAt: person.emailVerifiedAt ?? now });
  await auditPerson(needs, tx, person.id, origin, { action: 'user.email_verified' });
}
