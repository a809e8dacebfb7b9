import { commonErrors } from '@trellis/core/common-errors';
import type { CallContext } from '@trellis/core/context';
import { type Page, type PageQuery, toPage } from '@trellis/core/pagination';
import type { Tx } from '@trellis/db/tenant-db';
import { type AuditEntry, writeAudit } from '../../audit/write-audit.ts';
import type { Platform } from '../../platform.ts';
import { sessionEnded } from '../authenticate.ts';
import { chooseTenant } from '../log-in/choose-tenant.ts';
import { callerOf, lockedPersonOf } from '../person/person-of.ts';
import { listTenantsOf } from '../repository.ts';
import type { SessionReply, TokensReply } from '../schemas.ts';
import { presentSession } from './present-session.ts';
import { listSessionsOf, revokeSessionOf, type Session } from './repository.ts';
import type { Sessions } from './sessions.ts';

/** What people do with their own sessions, whatever tenant those are in. */
export interface OwnSessions {
  /** Those that have not ended, the newest first. */
  list(call: CallContext, query: PageQuery): Promise<Page<SessionReply>>;
  /** Throws `not_found` (404) for one that is not the caller's, or has ended. */
  end(call: CallContext, id: string): Promise<void>;
  /** Ends the session of the call. */
  logout(call: CallContext): Promise<void>;
  /**
   * Goes on in another tenant with a session of its own. Throws `no_membership` and
   * `tenant_suspended` (403).
   */
  switchTenant(call: CallContext, tenantId: string): Promise<TokensReply>;
}

interface Needs extends Pick<Platform, 'db' | 'secrets' | 'clock' | 'changes'> {
  sessions: Pick<Sessions, 'open'>;
}

export function createOwnSessions(needs: Needs): OwnSessions {
  const { db, clock, sessions } = needs;
  return {
    list(call, query) {
      const { userId, sessionId } = callerOf(call);
      return db.asSystem(async (tx) => {
        const rows = await listSessionsOf(tx, userId, clock.now(), query);
        return toPage(rows, query.limit, (row) => presentSession(row, sessionId));
      });
    },

    end: (call, id) =>
      db.asSystem(async (tx) => {
        const ended = await revoke(needs, tx, { id, userId: callerOf(call).userId });
        if (!ended) throw commonErrors.not_found('There is no such session.');
        await writeAudit(needs, tx, { ...call, tenantId: ended.tenantId }, endOf(ended));
      }),

    logout: (call) =>
      db.asSystem(async (tx) => {
        const { userId, sessionId } = callerOf(call);
        const ended = await revoke(needs, tx, { id: sessionId, userId });
        if (ended) await writeAudit(needs, tx, call, endOf(ended));
      }),

    switchTenant: (call, tenantId) =>
      db.asSystem(async (tx) => {
        const person = await lockedPersonOf(tx, call);
        const tenant = chooseTenant(await listTenantsOf(tx, person.id), tenantId);
        const { sessionId } = callerOf(call);
        const ended = await revoke(needs, tx, { id: sessionId, userId: person.id });
        // Of two switches at once the second comes here when its session has ended.
        if (!ended) throw commonErrors.unauthenticated('The session has ended.');
        const opened = await sessions.open(tx, person, tenant, call);
        await writeAudit(needs, tx, { ...call, tenantId: ended.tenantId }, endOf(ended));
        const beginning = { ...endOf({ id: opened.sessionId }), action: 'session.created' };
        await writeAudit(needs, tx, { ...call, tenantId: tenant.id }, beginning);
        return opened.tokens;
      }),
  };
}

/** Ends a session of the person in every process; undefined when it is not theirs or has ended. */
async function revoke(
  { clock, changes }: Pick<Needs, 'clock' | 'changes'>,
  tx: Tx,
  session: Pick<Session, 'id' | 'userId'>,
): Promise<Session | undefined> {
  const ended = await revokeSessionOf(tx, session, clock.now());
  if (ended) await changes.announce(tx, sessionEnded, ended.id);
  return ended;
}

const endOf = ({ id }: Pick<Session, 'id'>): AuditEntry => ({
  action: 'session.ended',
  resourceType: 'session',
  resourceId: id,
});
